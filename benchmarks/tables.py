"""What all runs came to, engine beside engine: a table for the terminal, and a chart."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.data import Absent

Row = Mapping[str, Any]


def is_kept(row: Row) -> bool:
    """Tell whether a run gave a plan that keeps every rule; where there is a gap to tell, it does."""
    return "failed" not in row and not row["broken"] and row.get("gap_percent", 0) is not None


def means(rows: Iterable[Row], value: str) -> dict[tuple[str, str], float]:
    """Return the mean of a value over the seeds, by instance and engine, where every seed kept the rules."""
    found: dict[tuple[str, str], list[float | None]] = {}
    for row in rows:
        worth = row.get(value) if is_kept(row) else None
        found.setdefault((row["instance"], row["engine"]), []).append(worth)
    return {
        key: mean(worth for worth in every if worth is not None)
        for key, every in found.items()
        if None not in every
    }


def against_best_other(values: Mapping[tuple[str, str], float], instance: str, engine: str) -> float | None:
    """Return by how much an engine is above the best of the others on an instance [%]; below is negative."""
    others = [value for (one, by), value in values.items() if one == instance and by != engine and value]
    mine = values.get((instance, engine))
    return None if mine is None or not others else 100 * (mine / min(others) - 1)


def print_summary(rows: Sequence[Row], value: str) -> None:
    """Print a table of instances by engines, the best of each line in bold, where engines are several."""
    engines = list(dict.fromkeys(row["engine"] for row in rows))
    if len(engines) < 2:
        return
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        raise Absent("rich is not installed: `make benchmarks` installs it.") from None
    values = means(rows, value)
    first = engines[0]
    table = Table(title=f"{value}, mean of the seeds")
    table.add_column("instance", overflow="fold")
    for engine in engines:
        table.add_column(engine, justify="right")
    table.add_column(f"{first} to best other", justify="right")
    for instance in dict.fromkeys(row["instance"] for row in rows):
        line = {engine: values.get((instance, engine)) for engine in engines}
        best = min((worth for worth in line.values() if worth is not None), default=None)
        percent = against_best_other(values, instance, first)
        table.add_row(
            instance,
            *(_cell(worth, worth == best) for worth in line.values()),
            "" if percent is None else f"{percent:+.1f} %",
        )
    Console().print(table)


def _cell(worth: float | None, is_best: bool) -> str:
    if worth is None:
        return "–"
    text = f"{worth:,.0f}" if worth >= 10_000 else f"{worth:,.1f}"
    return f"[bold]{text}[/]" if is_best else text


def empty_figure(width: float, height: float) -> Any:
    """Return a figure of matplotlib's to draw on, in inches.

    Raises
    ------
    Absent
        What draws it is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise Absent("matplotlib is not installed: `make benchmarks` installs it.") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def write_chart(rows: Sequence[Row], value: str, path: Path) -> None:
    """Write a picture of what each engine comes to on each instance, the best of it being 100 %.

    Raises
    ------
    Absent
        What draws it is not installed.
    """
    values = means(rows, value)
    instances = list(dict.fromkeys(row["instance"] for row in rows))
    engines = list(dict.fromkeys(row["engine"] for row in rows))
    best = {
        one: min((worth for (it, _), worth in values.items() if it == one), default=0.0) for one in instances
    }
    figure = empty_figure(2 + 1.4 * len(instances), 4.5)
    axes = figure.subplots()
    width = 0.8 / len(engines)
    for number, engine in enumerate(engines):
        drawn = [at for at, one in enumerate(instances) if best[one] and (one, engine) in values]
        axes.bar(
            [at + (number - (len(engines) - 1) / 2) * width for at in drawn],
            [100 * values[instances[at], engine] / best[instances[at]] for at in drawn],
            width,
            label=engine,
        )
    axes.set_xticks(range(len(instances)), instances, rotation=20, ha="right")
    axes.set_ylabel(f"{value}, best = 100 %")
    axes.axhline(100, color="black", linewidth=0.8)
    figure.legend(loc="outside right upper")
    figure.savefig(path, dpi=120)
