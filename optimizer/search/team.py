"""Kernels of what comes between engineers: uneven work, engineers with nothing to do, the worst lateness."""

import numpy as np

from optimizer.search.rides import compiled

_ON_TIME = np.int64(0)


@compiled
def mean_work(d, s):
    """Return the mean work of engineers who have a shift, 0 where uneven work costs nothing [s]."""
    if d.price[0].spread_cents <= 0:
        return 0.0
    engineers, total_s = 0, 0.0
    for engineer in range(d.engineer.shape[0]):
        if d.engineer[engineer].working:
            engineers += 1
            total_s += s.engineer[engineer].work_s
    return total_s / max(1, engineers)


@compiled
def worst_late_s(s):
    """Return by how long the latest of all tasks is late [s]."""
    worst_s = np.int64(0)
    for vehicle in range(s.vehicle.shape[0]):
        worst_s = max(worst_s, s.vehicle[vehicle].worst_s)
    return worst_s


@compiled
def is_watched(d):
    """Tell whether something between engineers is priced."""
    return d.price[0].spread_cents > 0 or d.price[0].empty_cents > 0 or d.price[0].worst_cents > 0


@compiled
def team_cents(d, s, worst_s=_ON_TIME):
    """Return what uneven work, engineers with nothing to do and the worst lateness cost [cents].

    `worst_s` is the lateness of a route that is not in the solution yet.
    """
    cents = 0.0
    if d.price[0].worst_cents > 0:
        cents += max(worst_s, worst_late_s(s)) * d.price[0].worst_cents
    if d.price[0].spread_cents <= 0 and d.price[0].empty_cents <= 0:
        return cents
    mean_s = mean_work(d, s)
    for engineer in range(d.engineer.shape[0]):
        if d.engineer[engineer].working:
            if s.engineer[engineer].tasks == 0:
                cents += d.price[0].empty_cents
            cents += abs(s.engineer[engineer].work_s - mean_s) * d.price[0].spread_cents
    return cents


@compiled
def team_with(d, s, engineer, more_s, worst_s):
    """Return the same if one had a task more, and a route with such a worst lateness [cents]."""
    s.engineer[engineer].work_s += more_s
    s.engineer[engineer].tasks += 1
    cents = team_cents(d, s, worst_s)
    s.engineer[engineer].work_s -= more_s
    s.engineer[engineer].tasks -= 1
    return cents


@compiled
def lean(d, s, mean_work_s):
    """Return the share of engineers who work more than the mean, less that of those who do not."""
    if d.price[0].spread_cents <= 0:
        return 0.0
    engineers, more = 0, 0
    for engineer in range(d.engineer.shape[0]):
        if d.engineer[engineer].working:
            engineers += 1
            more += 1 if s.engineer[engineer].work_s > mean_work_s else -1
    return more / max(1, engineers)
