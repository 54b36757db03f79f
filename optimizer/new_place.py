"""Travel with room for one place more, whose ways come later and may change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.travel import UNREACHABLE, Travel


@dataclass(frozen=True, eq=False)
class Ways:
    """Travel between the n places of a problem and one that is not among them.

    Parameters
    ----------
    to_s, from_s : (n,) or (bands, n) whole numbers
        From every place to the new one, and back [s]; `UNREACHABLE` for no way.
    to_m, from_m : (n,) whole numbers, optional
        Road distance [m], where the problem has any.
    """

    to_s: NDArray[np.integer]
    from_s: NDArray[np.integer]
    to_m: NDArray[np.integer] | None = None
    from_m: NDArray[np.integer] | None = None


class RoomyTravel:
    """Travel of a problem with one place more, the last.

    Attributes
    ----------
    travel : Travel
        Follows what is laid.
    seconds : (bands and the fastest of all, n + 1, n + 1) int32
        One band alone is the fastest.
    metres : (n + 1, n + 1) int32, or None
    """

    def __init__(self, travel: Travel) -> None:
        self._bands, self._places = len(travel.seconds), travel.places
        places = self._places + 1
        layers = self._bands + (self._bands > 1)
        self.seconds = np.full((layers, places, places), UNREACHABLE, dtype=np.int32)
        self.seconds[: self._bands, :-1, :-1] = travel.seconds
        self.seconds[-1, :-1, :-1] = travel.seconds.min(axis=0) if travel.places else 0
        self.seconds[:, -1, -1] = 0
        self.metres: NDArray[np.int32] | None = None
        if travel.metres is not None:
            self.metres = np.zeros((places, places), dtype=np.int32)
            self.metres[:-1, :-1] = travel.metres
        bands = self.seconds[: self._bands]
        self.travel = Travel(bands, self.metres, travel.band_starts_s, travel.period_s)

    def lay(self, ways: Ways) -> None:
        """Write the ways of the new place over those before.

        Raises
        ------
        ValueError
            Their shapes or numbers do not suit the problem; nothing is written then.
        """
        to_s, from_s = self._seconds("to_s", ways.to_s), self._seconds("from_s", ways.from_s)
        to_m, from_m = self._row_of_metres("to_m", ways.to_m), self._row_of_metres("from_m", ways.from_m)
        self.seconds[: self._bands, :-1, -1], self.seconds[: self._bands, -1, :-1] = to_s, from_s
        self.seconds[-1, :-1, -1], self.seconds[-1, -1, :-1] = to_s.min(axis=0), from_s.min(axis=0)
        if self.metres is not None and to_m is not None and from_m is not None:
            self.metres[:-1, -1], self.metres[-1, :-1] = to_m, from_m

    def _seconds(self, name: str, values: NDArray[np.integer]) -> NDArray[np.integer]:
        rows = np.atleast_2d(values)
        if rows.shape not in ((1, self._places), (self._bands, self._places)):
            raise ValueError(f"{name} must have {self._places} places, not the shape {values.shape}")
        return _whole(name, rows)

    def _row_of_metres(self, name: str, values: NDArray[np.integer] | None) -> NDArray[np.integer] | None:
        if (values is None) != (self.metres is None):
            raise ValueError(f"{name} comes with a problem that has metres, and with no other")
        if values is not None and values.shape != (self._places,):
            raise ValueError(f"{name} must have {self._places} places, not the shape {values.shape}")
        return None if values is None else _whole(name, values)


def _whole(name: str, values: NDArray[np.integer]) -> NDArray[np.integer]:
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"{name} must be whole numbers, not {values.dtype}: round them first")
    if values.size and (values.min() < 0 or values.max() > UNREACHABLE):
        raise ValueError(f"{name} must be from 0 to {UNREACHABLE} (no way there)")
    return values
