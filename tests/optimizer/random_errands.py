"""Small problems in which much has to be fetched at depots, by seed: chance alone rarely makes such ones."""

import numpy as np
from hypothesis import strategies as st

from optimizer import Break, Depot, Engineer, Link, Lock, Previous, Problem, Shift, Task, Travel, Weights

_PLACES = 6
_PARTS = ("pump", "valve")


def errands(most_tasks: int = 7, most_shifts: int = 4, direct: bool = False) -> st.SearchStrategy[Problem]:
    """Return a strategy of problems with depots, of few tasks and shifts."""
    seeds = st.integers(0, 2**32 - 1)
    return seeds.map(lambda seed: problem_of(np.random.default_rng(seed), most_tasks, most_shifts, direct))


def problem_of(
    random: np.random.Generator, most_tasks: int, most_shifts: int, direct: bool = False
) -> Problem:
    """Return a problem with one depot or two, most features now and then.

    Where ways are direct, none over another place is shorter.
    """

    def maybe(share: float) -> bool:
        return bool(random.random() < share)

    def counts(least: int, most: int) -> tuple[tuple[str, int], ...]:
        numbers = {name: int(random.integers(least, most + 1)) for name in _PARTS if maybe(0.6)}
        return tuple((name, number) for name, number in numbers.items() if number)

    def window(day_s: int = 0) -> tuple[int, int]:
        from_s = day_s + int(random.integers(0, 9_000))
        return from_s, from_s + int(random.integers(600, 9_000))

    days = (0, 30_000) if maybe(0.3) else (0,)
    tasks = tuple(
        Task(
            id=f"T{number}",
            place=int(random.integers(_PLACES)),
            service_s=int(random.integers(0, 2_000)),
            windows=(window(int(random.choice(days))),) if maybe(0.4) else (),
            due_s=int(random.integers(2_000, 12_000)) if maybe(0.3) else None,
            unplanned_cents=int(random.integers(500, 60_000)),
            parts=counts(1, 2) if maybe(0.7) else (),
            tools=("saw",) if maybe(0.3) else (),
            lock=Lock(engineer="E0") if maybe(0.05) else None,
            previous=Previous("E0", int(random.integers(0, 9_000))) if maybe(0.2) else None,
        )
        for number in range(int(random.integers(2, most_tasks + 1)))
    )
    crew = tuple(
        Engineer(
            id=f"E{number}",
            shifts=tuple(
                Shift(
                    start_s=day_s,
                    end_s=day_s + int(random.integers(7_000, 14_000)),
                    start_place=int(random.integers(_PLACES)),
                    end_place=int(random.integers(_PLACES)) if maybe(0.8) else None,
                    breaks=(Break(600, day_s + 2_000, day_s + 5_000),) if maybe(0.4) else (),
                    max_overtime_s=1_000 if maybe(0.3) else 0,
                    max_tasks=3 if maybe(0.2) else None,
                    max_work_s=9_000 if maybe(0.2) else None,
                )
                for day_s in days
            ),
            tools=("saw",) if maybe(0.3) else (),
            parts=counts(0, 2),
            cents_per_hour=3_000 if maybe(0.4) else 0,
            leaves_late=number != 1,
            max_work_s=15_000 if maybe(0.1) else None,
        )
        for number in range(max(1, int(random.integers(1, most_shifts + 1)) // len(days)))
    )
    bands = (0, 4_000) if maybe(0.2) else (0,)
    seconds = random.integers(60, 1_800, size=(len(bands), _PLACES, _PLACES))
    for over in range(_PLACES if direct else 0):
        seconds = np.minimum(seconds, seconds[:, :, over, None] + seconds[:, None, over])
    depots = tuple(
        Depot(
            id=f"D{number}",
            place=int(random.integers(_PLACES)),
            service_s=int(random.choice([0, 300])),
            windows=(window(),) if maybe(0.3) else (),
            parts=counts(0, 4),
            tools=("saw",) if maybe(0.6) else (),
        )
        for number in range(int(random.integers(1, 3)))
    )
    linked = len(tasks) > 2 and maybe(0.15)
    return Problem(
        tasks,
        crew,
        Travel(seconds, seconds[0] * 10 if maybe(0.4) else None, bands, period_s=12_000),
        depots,
        (Link(before="T0", after="T1", min_gap_s=300, max_gap_s=3_000),) if linked else (),
        Weights(
            travel_cents_per_hour=3_600,
            spread_cents_per_hour=500 if maybe(0.2) else 0,
            empty_engineer_cents=300 if maybe(0.2) else 0,
        ),
    )
