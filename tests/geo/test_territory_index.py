import math

import numpy as np
import pytest

from geo.point import Area, Point
from geo.territory_index import MAX_AREA_KM2, MAX_CORNERS, GeometryProblem, TerritoryIndex, geometry_problem


def box(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


WEST, EAST = box(121.0, 31.0, 121.5, 31.5), box(121.5, 31.0, 122.0, 31.5)
TWO_ISLANDS = {
    "type": "MultiPolygon",
    "coordinates": [box(10, 50, 11, 51)["coordinates"], box(12, 50, 13, 51)["coordinates"]],
}


def test_each_point_finds_its_territory():
    index = TerritoryIndex({"E": EAST, "W": WEST, "I": TWO_ISLANDS})
    assert index.codes_of([31.2, 31.2, 50.5, 50.5, 0], [121.2, 121.7, 10.5, 11.5, 0]) == [
        "W",
        "E",
        "I",
        None,
        None,
    ]
    assert index.code_of(Point(31.2, 121.7)) == "E"
    assert index.code_of(Point(-31.2, 121.7)) is None


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_a_point_on_a_border_belongs_to_the_first_code(order):
    territories = {"A": EAST, "B": WEST}
    index = TerritoryIndex({code: territories[code] for code in order})
    assert index.code_of(Point(31.2, 121.5)) == "A"
    assert index.code_of(Point(31.0, 121.0)) == "B"


def test_a_point_in_an_overlap_belongs_to_the_first_code():
    index = TerritoryIndex({"Z": WEST, "C": WEST, "D": box(120, 30, 123, 33)})
    assert index.code_of(Point(31.2, 121.2)) == "C"


def test_a_hole_is_outside():
    ring, hole = box(0, 10, 10, 20)["coordinates"][0], box(4, 14, 6, 16)["coordinates"][0]
    index = TerritoryIndex({"H": {"type": "Polygon", "coordinates": [ring, hole]}})
    assert index.codes_of([15, 12], [5, 5]) == [None, "H"]


def test_without_territories_no_point_has_one():
    index = TerritoryIndex({})
    assert index.codes_of([31.2], [121.2]) == [None]
    assert index.area is None
    assert TerritoryIndex({"W": WEST}).codes_of([], []) == []


def test_the_area_is_the_box_around_all_territories():
    assert TerritoryIndex({"W": WEST, "E": EAST}).area == Area(south=31.0, west=121.0, north=31.5, east=122.0)


def test_many_points_find_the_same_as_one_by_one():
    rng = np.random.default_rng(3)
    index = TerritoryIndex(
        {f"{i}-{j}": box(i * 1.0, j * 1.0, i + 1.0, j + 1.0) for i in range(5) for j in range(5)}
    )
    lats, lons = rng.integers(0, 12, 300) / 2, rng.integers(0, 12, 300) / 2
    assert index.codes_of(lats, lons) == [
        index.code_of(Point(*pair)) for pair in zip(lats, lons, strict=True)
    ]


RING = box(0, 1, 1, 2)["coordinates"][0]
CIRCLE = [[math.cos(i / 30_000 * math.pi), math.sin(i / 30_000 * math.pi)] for i in range(60_000)]


@pytest.mark.parametrize(
    ("geometry", "problem"),
    [
        (WEST, None),
        (TWO_ISLANDS, None),
        ({"type": "Polygon", "coordinates": [[[*corner, 5.0] for corner in RING]]}, None),
        (None, GeometryProblem.NOT_A_POLYGON),
        ([], GeometryProblem.NOT_A_POLYGON),
        ({}, GeometryProblem.NOT_A_POLYGON),
        ({"type": "Point", "coordinates": [1, 2]}, GeometryProblem.NOT_A_POLYGON),
        ({"type": "Polygon"}, GeometryProblem.NOT_A_POLYGON),
        ({"type": "Polygon", "coordinates": "x"}, GeometryProblem.NOT_A_POLYGON),
        ({"type": "MultiPolygon", "coordinates": [1]}, GeometryProblem.NOT_A_POLYGON),
        ({"type": ["Polygon"], "coordinates": []}, GeometryProblem.NOT_A_POLYGON),
        ({"type": "Polygon", "coordinates": []}, GeometryProblem.EMPTY),
        ({"type": "MultiPolygon", "coordinates": []}, GeometryProblem.EMPTY),
        ({"type": "MultiPolygon", "coordinates": [[RING], []]}, GeometryProblem.EMPTY),
        ({"type": "Polygon", "coordinates": [[]]}, GeometryProblem.BAD_RING),
        ({"type": "Polygon", "coordinates": [7]}, GeometryProblem.BAD_RING),
        ({"type": "Polygon", "coordinates": [RING[:3]]}, GeometryProblem.BAD_RING),
        ({"type": "Polygon", "coordinates": [RING[:4]]}, GeometryProblem.BAD_RING),
        ({"type": "Polygon", "coordinates": [[*RING[:2], ["a", 1], *RING[2:]]]}, GeometryProblem.BAD_RING),
        ({"type": "Polygon", "coordinates": [[*RING[:2], [True, 1], *RING[2:]]]}, GeometryProblem.BAD_RING),
        (
            {"type": "Polygon", "coordinates": [[*RING[:2], [math.nan, 1], *RING[2:]]]},
            GeometryProblem.BAD_RING,
        ),
        ({"type": "Polygon", "coordinates": [[*RING[:2], [1], *RING[2:]]]}, GeometryProblem.BAD_RING),
        ({"type": "Polygon", "coordinates": [[*RING[:2], 4, *RING[2:]]]}, GeometryProblem.BAD_RING),
        (box(0, 190, 1, 191), GeometryProblem.OUT_OF_RANGE),
        (box(190, 10, 191, 11), GeometryProblem.OUT_OF_RANGE),
        (box(31.0, 121.0, 31.5, 121.5), GeometryProblem.SWAPPED),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            GeometryProblem.SELF_CROSSING,
        ),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]},
            GeometryProblem.SELF_CROSSING,
        ),
        ({"type": "Polygon", "coordinates": [[[1, 1]] * 4]}, GeometryProblem.SELF_CROSSING),
        ({"type": "MultiPolygon", "coordinates": [[RING], [RING]]}, GeometryProblem.SELF_CROSSING),
        (box(-100, -60, 100, 60), GeometryProblem.TOO_LARGE),
        ({"type": "Polygon", "coordinates": [[*CIRCLE, CIRCLE[0]]]}, GeometryProblem.TOO_DETAILED),
    ],
    ids=str,
)
def test_a_wrong_polygon_is_named(geometry, problem):
    assert geometry_problem(geometry) == problem


def test_a_wrong_polygon_is_refused_with_its_code_and_what_to_do():
    with pytest.raises(ValueError, match=r"territory north: Longitude comes first in GeoJSON"):
        TerritoryIndex({"north": box(31.0, 121.0, 31.5, 121.5)})


def test_every_problem_has_a_sentence_with_the_limit_it_guards():
    assert all(problem.sentence.endswith(".") for problem in GeometryProblem)
    assert f"{MAX_AREA_KM2:,.0f} km²" in GeometryProblem.TOO_LARGE.sentence
    assert f"{MAX_CORNERS:,} corners" in GeometryProblem.TOO_DETAILED.sentence
