"""Which territory a position lies in, and what is wrong with a territory's polygon."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import mark
from geo.point import Area, Point

MAX_AREA_KM2 = 2_000_000.0
"""Larger than any Chinese province; a drawing beyond it is a slip [km²]."""

MAX_CORNERS = 50_000

_KM_PER_DEGREE = 111.2


class GeometryProblem(StrEnum):
    """Why a GeoJSON geometry cannot be a territory."""

    NOT_A_POLYGON = "not_a_polygon"
    EMPTY = "empty"
    BAD_RING = "bad_ring"
    OUT_OF_RANGE = "out_of_range"
    SWAPPED = "swapped"
    SELF_CROSSING = "self_crossing"
    TOO_LARGE = "too_large"
    TOO_DETAILED = "too_detailed"

    @property
    def sentence(self) -> str:
        """What to tell the person who drew the territory."""
        return _SENTENCES[self]


_SENTENCES = {
    GeometryProblem.NOT_A_POLYGON: mark("A territory must be a GeoJSON Polygon or MultiPolygon geometry."),
    GeometryProblem.EMPTY: mark("The territory encloses nothing: draw at least three corners."),
    GeometryProblem.BAD_RING: mark(
        "A ring needs at least four [longitude, latitude] pairs of numbers, the last equal to the first."
    ),
    GeometryProblem.OUT_OF_RANGE: mark(
        "Longitude must lie between -180 and 180 and latitude between -90 and 90."
    ),
    GeometryProblem.SWAPPED: mark("Longitude comes first in GeoJSON, then latitude: exchange the two."),
    GeometryProblem.SELF_CROSSING: mark(
        "The outline crosses or overlaps itself: draw it without crossing lines."
    ),
    GeometryProblem.TOO_LARGE: mark("The territory is larger than 2,000,000 km²: check its corners."),
    GeometryProblem.TOO_DETAILED: mark("The territory has more than 50,000 corners: simplify it."),
}


def geometry_problem(geometry: object) -> GeometryProblem | None:
    """Return what is wrong with a GeoJSON geometry as a territory, or None.

    Parameters
    ----------
    geometry : object
        Parsed JSON, of any shape.
    """
    polygons = _polygons(geometry)
    if polygons is None:
        return GeometryProblem.NOT_A_POLYGON
    if not polygons or not all(polygons):
        return GeometryProblem.EMPTY
    if not all(_is_ring(ring) for polygon in polygons for ring in polygon):
        return GeometryProblem.BAD_RING
    corners = np.array(
        [corner[:2] for polygon in polygons for ring in polygon for corner in ring], dtype=np.float64
    )
    if len(corners) > MAX_CORNERS:
        return GeometryProblem.TOO_DETAILED
    lons, lats = np.abs(corners).T
    if (lats > 90).any() or (lons > 180).any():
        swapped = (lons <= 90).all() and (lats <= 180).all()
        return GeometryProblem.SWAPPED if swapped else GeometryProblem.OUT_OF_RANGE
    shape = _shape(polygons)
    if not shape.is_valid:
        return GeometryProblem.SELF_CROSSING
    if shape.area * _KM_PER_DEGREE**2 * math.cos(math.radians(shape.centroid.y)) > MAX_AREA_KM2:
        return GeometryProblem.TOO_LARGE
    return None


class TerritoryIndex:
    """Finds the territory of positions.

    A position on a border, or in an overlap, belongs to the territory whose code sorts first.

    Parameters
    ----------
    territories : mapping of str to GeoJSON geometry
        Polygons and multipolygons in WGS-84 by territory code.

    Raises
    ------
    ValueError
        If `geometry_problem` finds fault with a geometry.
    """

    def __init__(self, territories: Mapping[str, Mapping[str, Any]]) -> None:
        self._codes = sorted(territories)
        shapes = []
        for code in self._codes:
            problem = geometry_problem(territories[code])
            if problem is not None:
                raise ValueError(f"territory {code}: {problem.sentence}")
            shapes.append(_shape(_polygons(territories[code]) or []))
        self._tree = shapely.STRtree(shapes)

    @property
    def area(self) -> Area | None:
        """The box around all territories, None without any."""
        if not self._codes:
            return None
        west, south, east, north = shapely.total_bounds(self._tree.geometries)
        return Area(south=float(south), west=float(west), north=float(north), east=float(east))

    def code_of(self, point: Point) -> str | None:
        """Return the code of the territory a point lies in, or None."""
        return self.codes_of([point.lat], [point.lon])[0]

    def codes_of(self, lats: npt.ArrayLike, lons: npt.ArrayLike) -> list[str | None]:
        """Return the code of the territory of each position, None for those in no territory.

        Parameters
        ----------
        lats, lons : array_like, shape (n,)
            Positions in WGS-84 [degrees].
        """
        positions = shapely.points(np.asarray(lons, np.float64), np.asarray(lats, np.float64))
        which, territory = self._tree.query(positions, predicate="intersects")
        nowhere = len(self._codes)
        first = np.full(positions.size, nowhere, dtype=np.intp)
        np.minimum.at(first, which, territory)
        return [None if index == nowhere else self._codes[index] for index in first]


def _polygons(geometry: object) -> list[Any] | None:
    """Return the polygons of a geometry as lists of rings, None if it is of another type."""
    if not isinstance(geometry, Mapping):
        return None
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, list | tuple):
        return None
    polygons = [coordinates] if kind == "Polygon" else list(coordinates)
    return polygons if all(isinstance(polygon, list | tuple) for polygon in polygons) else None


def _is_ring(ring: object) -> bool:
    return (
        isinstance(ring, list | tuple)
        and len(ring) >= 4
        and all(_is_corner(corner) for corner in ring)
        and list(ring[0][:2]) == list(ring[-1][:2])
    )


def _is_corner(corner: object) -> bool:
    return (
        isinstance(corner, list | tuple)
        and 2 <= len(corner) <= 3
        and all(isinstance(x, int | float) and not isinstance(x, bool) for x in corner)
        and all(abs(x) < 1e6 for x in corner)
    )


def _shape(polygons: list[Any]) -> BaseGeometry:
    def flat(ring: list[Any]) -> list[Any]:
        return [corner[:2] for corner in ring]

    return shapely.MultiPolygon(
        [shapely.Polygon(flat(r[0]), [flat(hole) for hole in r[1:]]) for r in polygons]
    )
