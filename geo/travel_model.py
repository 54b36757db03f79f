"""Road seconds and metres guessed from the straight line, by distance band.

Used where no road router is set up, does not answer, or knows no way. Both curves are piecewise
linear through points measured in Porto (OSRM, car, random pairs of places: the bands 0.5 to 2, 2 to
5 and 5 to 20 km; seconds are means, metres medians of 320,000 pairs). Below 0.5 km they go straight
to zero, beyond 20 km they follow the motorway: 72 km/h as the crow flies.

Each band is flatter than the one before, so a detour by a third place is never shorter than the
direct way (a concave curve through zero keeps the triangle inequality); rounding up keeps that.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.point import haversine_m

Int32Array = npt.NDArray[np.int32]

_STRAIGHT_M = np.array([0.0, 500.0, 2_000.0, 5_000.0, 20_000.0, 30_000_000.0])
_BEYOND_M = _STRAIGHT_M[-1] - _STRAIGHT_M[-2]
_TRAVEL_S = np.array([0.0, 165.0, 354.0, 571.0, 1_580.0, 1_580.0 + 0.05 * _BEYOND_M])
_ROAD_M = np.array([0.0, 1_050.0, 3_350.0, 7_750.0, 27_900.0, 27_900.0 + 1.2 * _BEYOND_M])

_CELLS_AT_ONCE = 500_000


def road_estimate(straight_m: Any) -> tuple[Int32Array, Int32Array]:
    """Return travel time [s] and road distance [m] for straight-line distances.

    Parameters
    ----------
    straight_m : array_like
        Straight-line distances [m], any shape, none negative.

    Returns
    -------
    travel_s, distance_m : ndarray of int32
        Of the same shape; 0 exactly where the distance is 0.
    """
    travel_s = np.ceil(np.interp(straight_m, _STRAIGHT_M, _TRAVEL_S)).astype(np.int32)
    distance_m = np.ceil(np.interp(straight_m, _STRAIGHT_M, _ROAD_M)).astype(np.int32)
    return travel_s, distance_m


def matrix(lats: Any, lons: Any) -> tuple[Int32Array, Int32Array]:
    """Return travel times [s] and road distances [m] between all pairs of places.

    Parameters
    ----------
    lats, lons : array_like, shape (n,)
        Positions in WGS-84 [degrees].

    Returns
    -------
    travel_s, distance_m : ndarray of int32, shape (n, n)
        Symmetric, 0 between equal places. Memory beyond these two is bounded.
    """
    lat, lon = np.asarray(lats, dtype=np.float64), np.asarray(lons, dtype=np.float64)
    n = lat.size
    travel_s, distance_m = np.empty((n, n), np.int32), np.empty((n, n), np.int32)
    rows = max(1, _CELLS_AT_ONCE // max(n, 1))
    for start in range(0, n, rows):
        part = slice(start, start + rows)
        straight_m = haversine_m(lat[part, None], lon[part, None], lat, lon)
        travel_s[part], distance_m[part] = road_estimate(straight_m)
    return travel_s, distance_m
