"""Positions in WGS-84, what can be wrong with one, and straight-line distances."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from geopy.distance import geodesic

from core.errors import mark

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the earth [m] (IUGG 1980)."""

_NULL_ISLAND_DEG = 0.01


class CoordinateProblem(StrEnum):
    """Why a pair of coordinates cannot be the place somebody meant."""

    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    SWAPPED = "swapped"
    ZERO = "zero"
    OUTSIDE_AREA = "outside_area"

    @property
    def sentence(self) -> str:
        """What to tell the person who gave the coordinates."""
        return _SENTENCES[self]


_SENTENCES = {
    CoordinateProblem.NOT_A_NUMBER: mark("Latitude and longitude must be numbers, such as 31.23 and 121.47."),
    CoordinateProblem.OUT_OF_RANGE: mark(
        "Latitude must be between -90 and 90, longitude between -180 and 180."
    ),
    CoordinateProblem.SWAPPED: mark("Latitude and longitude look swapped: exchange the two values."),
    CoordinateProblem.ZERO: mark(
        "0, 0 lies in the sea off Africa: leave both empty if the place is unknown."
    ),
    CoordinateProblem.OUTSIDE_AREA: mark("The place is far outside the area served: check both values."),
}


@dataclass(frozen=True, slots=True)
class Area:
    """A box of latitudes and longitudes in which places are expected [degrees]."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, lat: float, lon: float) -> bool:
        """Tell whether a position lies in the box or on its edge."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


def coordinate_problem(lat: float, lon: float, area: Area | None = None) -> CoordinateProblem | None:
    """Return what is wrong with a pair of coordinates, or None.

    Parameters
    ----------
    lat, lon : float
        Position as given [degrees].
    area : Area, optional
        Where places are expected, with a generous margin. Without it only an exchange that leaves
        the latitude out of range can be noticed: 31, 121 for Shanghai, but not 40, -74 for New York.
    """
    if not (math.isfinite(lat) and math.isfinite(lon)):
        return CoordinateProblem.NOT_A_NUMBER
    if not _is_in_range(lat, lon):
        return CoordinateProblem.SWAPPED if _is_in_range(lon, lat) else CoordinateProblem.OUT_OF_RANGE
    if abs(lat) < _NULL_ISLAND_DEG and abs(lon) < _NULL_ISLAND_DEG:
        return CoordinateProblem.ZERO
    if area is not None and not area.contains(lat, lon):
        return CoordinateProblem.SWAPPED if area.contains(lon, lat) else CoordinateProblem.OUTSIDE_AREA
    return None


@dataclass(frozen=True, slots=True)
class Point:
    """A position in WGS-84.

    Parameters
    ----------
    lat : float
        Latitude, -90 to 90 [degrees].
    lon : float
        Longitude, -180 to 180 [degrees].

    Raises
    ------
    ValueError
        If a value is not finite or out of range.
    """

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lat) and math.isfinite(self.lon) and _is_in_range(self.lat, self.lon)):
            raise ValueError(f"latitude {self.lat}, longitude {self.lon} is not a position on the earth")


def _is_in_range(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180


def haversine_m(lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> npt.NDArray[np.float64]:
    """Return great-circle distances between positions on a sphere [m].

    Within 0.6 % of the distance on the ellipsoid, and fast enough for matrices.

    Parameters
    ----------
    lat1, lon1, lat2, lon2 : array_like
        Positions [degrees]; shapes broadcast against each other.

    References
    ----------
    R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984).
    """
    phi1, lambda1, phi2, lambda2 = (np.radians(x, dtype=np.float64) for x in (lat1, lon1, lat2, lon2))
    chord = (
        np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin((lambda2 - lambda1) / 2) ** 2
    )
    # Rounding can lift antipodes a hair above 1.
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))), dtype=np.float64)


def geodesic_m(a: Point, b: Point) -> float:
    """Return the distance of two points on the WGS-84 ellipsoid [m] (Karney, 2013; about 0.1 ms)."""
    return float(geodesic((a.lat, a.lon), (b.lat, b.lon)).meters)
