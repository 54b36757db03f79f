"""How long and how far it is from every place to every other."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.bounds import MOST_PLACES, require_kind, require_whole

#: Entry of `Travel.seconds` where there is no way from one place to the other.
UNREACHABLE = 2**31 - 1
_DAY_S = 86_400

Whole = NDArray[np.integer]


def _whole_matrix(what: str, values: ArrayLike) -> Whole:
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{what} must have rows of the same length") from None
    if max(array.shape, default=0) > MOST_PLACES:  # before anything is computed with it
        raise ValueError(
            f"{what} of {max(array.shape):,} places are too many: at most {MOST_PLACES:,}; make one problem "
            "of each territory or of each day, or give tasks at the same address the same place"
        )
    if array.size == 0:
        array = array.astype(np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"{what} must be whole numbers, not {array.dtype}: round them first; where there is no way, "
            f"seconds are {UNREACHABLE}"
        )
    if array.size and (array.min() < 0 or array.max() > UNREACHABLE):
        raise ValueError(f"{what} must be from 0 to {UNREACHABLE} (no way there)")
    frozen = array.view()
    frozen.flags.writeable = False
    return frozen


@dataclass(frozen=True, eq=False)
class Travel:
    """Seconds and metres between places, which are the indexes of both matrices.

    Parameters
    ----------
    seconds : (n, n) or (bands, n, n) whole numbers
        Travel time [s] from row to column, asymmetric where roads are; `UNREACHABLE` for no way.
        With bands: the time for whoever leaves in that band.
    metres : (n, n) whole numbers, optional
        Road distance [m]. Without it no distance is priced.
    band_starts_s : tuple of int
        When each band begins, seconds after the origin, rising, within one period. Before the
        first of them the last one holds, as the day goes round.
    period_s : int
        After how long the bands repeat [s].

    Raises
    ------
    ValueError
        Wrong shape, too many places, numbers that are not whole, negative numbers, bands that do not rise.
    """

    seconds: Whole
    metres: Whole | None = None
    band_starts_s: tuple[int, ...] = (0,)
    period_s: int = _DAY_S

    def __post_init__(self) -> None:
        seconds = _whole_matrix("travel seconds", self.seconds)
        if seconds.size == 0:
            seconds = seconds.reshape(len(self.band_starts_s), 0, 0)
        elif seconds.ndim == 2:
            seconds = seconds[np.newaxis]
        if seconds.ndim != 3 or seconds.shape[1] != seconds.shape[2]:
            raise ValueError(f"travel seconds must be square, not of shape {seconds.shape}")
        object.__setattr__(self, "seconds", seconds)
        require_kind("the starts of the travel bands", self.band_starts_s, tuple)
        require_whole("the period of the travel bands", self.period_s, 1)
        for start_s in self.band_starts_s:
            require_whole("the start of a travel band", start_s, 0, self.period_s - 1)
        if len(self.band_starts_s) != len(seconds) or any(
            a >= b for a, b in zip(self.band_starts_s, self.band_starts_s[1:], strict=False)
        ):
            raise ValueError(f"{len(seconds)} travel bands need as many starts, rising: {self.band_starts_s}")
        if self.metres is not None:
            metres = _whole_matrix("travel metres", self.metres)
            if metres.size == 0:
                metres = metres.reshape(0, 0)
            if metres.shape != seconds.shape[1:]:
                raise ValueError(f"travel metres must be of shape {seconds.shape[1:]}, not {metres.shape}")
            object.__setattr__(self, "metres", metres)

    @property
    def places(self) -> int:
        """Number of places."""
        return int(self.seconds.shape[1])

    @cached_property
    def fastest(self) -> Whole:
        """Travel seconds in the fastest band: (n, n)."""
        fastest: Whole = self.seconds[0] if len(self.seconds) == 1 else self.seconds.min(axis=0)
        return fastest

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Travel)
            and (self.band_starts_s, self.period_s) == (other.band_starts_s, other.period_s)
            and np.array_equal(self.seconds, other.seconds)
            and (self.metres is None) == (other.metres is None)
            and (self.metres is None or other.metres is None or np.array_equal(self.metres, other.metres))
        )
