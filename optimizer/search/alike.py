"""Which vehicles are as good as each other while they are empty: looking at one of them is enough."""

from collections import defaultdict
from collections.abc import Hashable

import numpy as np

from optimizer.search.data import Data, Ints

#: What vehicles that are alike may differ in.
_NAMES = ("engineer", "kind")


def alike(d: Data) -> Ints:
    """Return for each vehicle the first of those like it: (V,).

    Whoever has several shifts is like nobody: what the others hold counts there too.
    """
    columns = [name for name in d.vehicle.dtype.names or () if name not in _NAMES]
    limits = d.engineer[["most_tasks", "most_work_s", "working"]]
    shifts = d.engineer.end_vehicle - d.engineer.first_vehicle
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for vehicle, row in enumerate(d.vehicle[columns].tolist()):
        engineer = d.vehicle.engineer[vehicle]
        breaks = d.rides[vehicle].tobytes(), d.pauses[vehicle].tobytes()
        single = shifts[engineer] == 1
        groups[(row, breaks, limits[engineer].tolist()) if single else vehicle].append(vehicle)
    kinds = np.arange(len(d.vehicle))
    for group in groups.values():
        seen: dict[bytes, int] = {}
        for vehicle in group if len(group) > 1 else ():
            engineer = d.vehicle.engineer[vehicle]
            tastes = d.taste_cents[:, engineer].tobytes() + d.stock[engineer].tobytes()
            kinds[vehicle] = seen.setdefault(tastes, vehicle)
    return kinds
