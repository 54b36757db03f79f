"""Which tasks and which begins of shifts are near a task, by the ways between them and by who can do what."""

import numpy as np

from optimizer.arrays import Arrays
from optimizer.search.data import Ints, Small
from optimizer.search.rides import entry
from optimizer.search.rows import ints

#: How many neighbours a task has, and how many shifts beginning nearby it knows.
NEIGHBOURS, _STARTS = 100, 12
#: Sets of able engineers up to which it is looked into which have somebody in common, and how much farther
#: away tasks seem whose sets have not [s].
_MOST_CREWS, _APART_S = 1_000, 2**40
#: Rows at once: so many seconds lie side by side in memory.
_SIDE_BY_SIDE = 16


@entry
def _nearest(seconds, rows, apart_s, among, found, ways_s):
    """Write for each row, a place and a crew, the nearest of others, both ways together."""
    most = found.shape[1] - 1
    for first in range(0, rows.shape[0], _SIDE_BY_SIDE):
        for other in range(among.shape[0]):
            there, theirs = among[other, 0], among[other, 1]
            for row in range(first, min(first + _SIDE_BY_SIDE, rows.shape[0])):
                here = rows[row, 0]
                way_s = apart_s[rows[row, 1], theirs] + seconds[here, there] + seconds[there, here]
                if way_s < ways_s[row, most]:
                    slot = most
                    while slot > 0 and ways_s[row, slot - 1] > way_s:
                        ways_s[row, slot], found[row, slot] = ways_s[row, slot - 1], found[row, slot - 1]
                        slot -= 1
                    ways_s[row, slot], found[row, slot] = way_s, other


def _crews(arrays: Arrays) -> tuple[Ints, Ints]:
    """Return the number of each task's set of able engineers, and how far apart sets are [s]."""
    sets: dict[bytes, int] = {}
    number = ints([sets.setdefault(row.tobytes(), len(sets)) for row in np.packbits(arrays.allowed, axis=1)])
    if len(sets) > _MOST_CREWS:
        return np.zeros(len(number), dtype=np.int64), np.zeros((1, 1), dtype=np.int64)
    able = np.array([np.unpackbits(np.frombuffer(one, dtype=np.uint8)) for one in sets], dtype=np.float32)
    return number, np.where(able @ able.T > 0, 0, _APART_S)


def neighbours_of(arrays: Arrays, seconds: Small, movable: list[int]) -> Ints:
    """Return for each task the nearest movable ones, itself first if it is one: (tasks, N), -1 for none.

    Those that nobody can do who can do the task come last: they cannot change places with it.
    """
    tasks = len(arrays.visits)
    if not movable:
        return np.full((tasks, 1), -1, dtype=np.int64)
    crews, apart_s = _crews(arrays)
    pairs = np.column_stack([ints([visit.place for visit in arrays.visits]), crews])
    rows, which = np.unique(pairs, axis=0, return_inverse=True)  # very many tasks are at far fewer places
    found = np.full((len(rows), min(NEIGHBOURS, len(movable))), -1, dtype=np.int64)
    _nearest(seconds, rows, apart_s, pairs[movable], found, np.full(found.shape, 2**62, dtype=np.int64))
    near = ints(movable)[found][which.reshape(-1)]
    itself = near == np.arange(tasks)[:, None]
    free = np.zeros(tasks, dtype=bool)
    free[movable] = True
    beyond = np.flatnonzero(free & ~itself.any(axis=1))
    near[beyond, -1], itself[beyond, -1] = beyond, True
    return np.take_along_axis(near, np.argsort(~itself, axis=1, kind="stable"), axis=1)


def near_starts(arrays: Arrays, engineer: Ints) -> Ints:
    """Return for each task the able vehicles that begin nearest to it."""
    starts = ints([vehicle.shift.start_place for vehicle in arrays.vehicles])
    found = np.full((len(arrays.visits), _STARTS), -1, dtype=np.int64)
    for task, visit in enumerate(arrays.visits):
        able = np.flatnonzero(arrays.allowed[task][engineer])
        ways = arrays.fastest[starts[able], visit.place]
        mine = able[np.argsort(ways, kind="stable")[:_STARTS]]
        found[task, : len(mine)] = mine
    return found
