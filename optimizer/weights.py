"""What each term of the objective costs."""

from dataclasses import dataclass, fields

from optimizer.bounds import MOST_CENTS, require_whole


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Price of every term of the objective; a term priced 0 is not looked at.

    Parameters
    ----------
    travel_cents_per_hour : int
        An hour on the road.
    distance_cents_per_km : int
        A kilometre driven; `Engineer.cents_per_km` comes on top.
    unplanned_percent : int
        Share of `Task.unplanned_cents` that a task left out costs [%].
    lateness_cents_per_hour : int
        An hour by which the end of service is past `Task.due_s`, times `Task.lateness_percent`.
    worst_lateness_cents_per_hour : int
        An hour of the one latest task.
    overtime_cents_per_hour : int
        An hour back after the end of a shift.
    spread_cents_per_hour : int
        An hour by which the work (service and travel) of one engineer differs from the mean of all
        who have a shift, summed over them.
    change_engineer_cents : int
        A task with another engineer than in the last published plan.
    change_time_cents_per_hour : int
        An hour by which a task starts earlier or later than in the last published plan.
    promise_cents : int
        A promise to a customer broken: started outside `Task.promised`, or left out.
    preference_cents : int
        A task done by none of its preferred engineers.
    overskill_cents_per_level : int
        A level by which an engineer's skill is above what the task asks.
    empty_engineer_cents : int
        An engineer with a shift and no task.

    Raises
    ------
    ValueError
        A price that is negative or not a whole number.
    """

    travel_cents_per_hour: int = 6_000
    distance_cents_per_km: int = 60
    unplanned_percent: int = 100
    lateness_cents_per_hour: int = 6_000
    worst_lateness_cents_per_hour: int = 0
    overtime_cents_per_hour: int = 9_000
    spread_cents_per_hour: int = 300
    change_engineer_cents: int = 1_500
    change_time_cents_per_hour: int = 500
    promise_cents: int = 5_000
    preference_cents: int = 1_000
    overskill_cents_per_level: int = 100
    empty_engineer_cents: int = 500

    def __post_init__(self) -> None:
        for field in fields(self):
            most = 1_000_000 if field.name == "unplanned_percent" else MOST_CENTS
            require_whole(f"weight {field.name}", getattr(self, field.name), 0, most)
