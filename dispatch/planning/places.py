"""The places of a problem: every position once, in the order of the travel matrix."""

from __future__ import annotations

from collections.abc import Iterable

from geo.point import Point


class Places:
    """Gives positions their index in the travel matrix; equal ones (to 0.1 m) share it."""

    def __init__(self) -> None:
        self._indexes: dict[Point, int] = {}

    def index_of(self, lat: float, lon: float) -> int:
        """Return the index of a position, a new one where it was not seen before."""
        return self._indexes.setdefault(Point(round(lat, 6), round(lon, 6)), len(self._indexes))

    @property
    def points(self) -> list[Point]:
        """All positions, by index."""
        return list(self._indexes)


class KnownPlaces(Places):
    """Places that stay as they are: whatever is not among them has the index after the last.

    Parameters
    ----------
    points : iterable of Point
    """

    def __init__(self, points: Iterable[Point]) -> None:
        super().__init__()
        self._indexes = {point: index for index, point in enumerate(points)}

    def index_of(self, lat: float, lon: float) -> int:
        """Return the index of a position."""
        return self._indexes.get(Point(round(lat, 6), round(lon, 6)), len(self._indexes))
