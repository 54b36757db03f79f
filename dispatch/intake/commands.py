"""Commands that bring requests, engineers and parts in."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from flask import current_app
from flask.cli import AppGroup
from tqdm import tqdm

from core import clock
from core.auth.actors import system
from core.db import transaction
from core.errors import DomainError
from dispatch.intake import crew, runs
from dispatch.intake.files import open_table
from dispatch.intake.imports import Report, import_rows
from dispatch.intake.mapping_documents import document_of, ready_names
from dispatch.intake.models import KINDS

imports = AppGroup("import", help="Bring in requests, engineers or parts from CSV and XLSX files.")
generate = AppGroup("generate", help="Invent what a replay of real requests lacks.")
_SHOWN = 20


def _import(kind: str, file: Path, mapping: str, dry_run: bool, time_zone: str) -> None:
    try:
        given = Path(mapping)
        is_file = mapping not in ready_names() and given.is_file()
        text = given.read_text(encoding="utf-8-sig") if is_file else mapping
        checked = runs.mapping_for(kind, document_of(text), time_zone)
        table = open_table(file)
        with (
            _collecting_seldom(),
            tqdm(total=table.row_count(), unit=" rows", desc=f"Importing {kind}") as bar,
        ):
            report = import_rows(
                system("command line"),
                runs.importer_of(kind),
                checked,
                table,
                dry_run=dry_run,
                on_chunk=lambda so_far, _row: bar.update(so_far.rows - bar.n) and None,
            )
    except (DomainError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from None
    for wrong in report.errors[:_SHOWN]:
        said = wrong["message"] % wrong["facts"] if wrong["facts"] else wrong["message"]
        click.echo(f"row {wrong['row']}, {wrong['column'] or 'whole row'}: {said}", err=True)
    if report.error_count > _SHOWN:
        click.echo(f"… and {report.error_count - _SHOWN:,} more errors", err=True)
    click.echo(summary_of(kind, report) + (" (dry run: nothing was kept)" if dry_run else ""))
    if report.refused:
        raise click.exceptions.Exit(1)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Spare the collector its walks through the whole program: a third of an import's time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def summary_of(kind: str, report: Report) -> str:
    """Return what became of the rows in one line."""
    line = (
        f"{report.rows:,} rows: {report.created:,} new, {report.updated:,} changed, "
        f"{report.unchanged:,} unchanged, {report.refused:,} refused"
    )
    if kind == "requests":
        line += f"; {report.located:,} located, {report.needs_location:,} need a location"
    return line


def _add(kind: str) -> None:
    @imports.command(kind, help=f"Import {kind}.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--mapping", default=kind, show_default=True, help="A ready mapping's name or a JSON file.")
    @click.option("--dry-run", is_flag=True, help="Show what would happen and keep nothing.")
    @click.option("--time-zone", default="", help="Zone of local times, in place of the mapping's.")
    def command(**options: Any) -> None:
        _import(kind, **options)


for _kind in KINDS:
    _add(_kind)


@generate.command("engineers")
@click.option("--count", type=click.IntRange(1, 2000), required=True, help="How many engineers.")
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same engineers.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="First day of shifts; left out: today.")
@click.option("--days", type=click.IntRange(1, 60), default=1, show_default=True, help="Days with shifts.")
@click.option("--time-zone", default="", help="Zone of the shifts; left out: the company's.")
def generate_engineers(count: int, seed: int, day: datetime | None, days: int, time_zone: str) -> None:
    """Invent engineers where the open located orders lie, with the skills these need."""
    try:
        zone = ZoneInfo(time_zone) if time_zone else current_app.config["SETTINGS"].zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(
            f"{time_zone!r} is not known; one is called America/New_York, for example.",
            param_hint="--time-zone",
        ) from None
    first = day.date() if day else clock.now().astimezone(zone).date()
    try:
        with transaction(system("command line")) as session:
            made = crew.generate(
                session.info["actor"], count, seed=seed, first_day=first, days=days, zone=zone
            )
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{made.engineers:,} engineers made, {count - made.engineers:,} were there; {made.shifts:,} shifts "
        f"from {first} for {days} day(s); {made.skills:,} skills held, all that open orders need"
    )
