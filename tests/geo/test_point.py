import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.point import Area, CoordinateProblem, Point, coordinate_problem, geodesic_m, haversine_m

LATS = st.floats(-90, 90)
LONS = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("lat", "lon"), [(math.nan, 0), (0, math.inf), (90.1, 0), (-91, 0), (0, 180.5), (0, -181)]
)
def test_a_point_off_the_earth_is_refused(lat, lon):
    with pytest.raises(ValueError, match="not a position"):
        Point(lat, lon)


def test_points_are_values():
    assert Point(31.2, 121.5) == Point(31.2, 121.5)
    assert len({Point(31.2, 121.5), Point(31.2, 121.5)}) == 1


@pytest.mark.parametrize(
    ("lat", "lon", "problem"),
    [
        (31.23, 121.47, None),
        (-90, 180, None),
        (51.48, 0.0, None),
        (121.47, 31.23, CoordinateProblem.SWAPPED),
        (200, 300, CoordinateProblem.OUT_OF_RANGE),
        (math.nan, 121, CoordinateProblem.NOT_A_NUMBER),
        (31, -math.inf, CoordinateProblem.NOT_A_NUMBER),
        (0, 0, CoordinateProblem.ZERO),
        (0.001, -0.001, CoordinateProblem.ZERO),
    ],
)
def test_a_wrong_coordinate_is_named(lat, lon, problem):
    assert coordinate_problem(lat, lon) == problem


def test_within_an_area_swapped_and_far_coordinates_are_told_apart():
    new_york = Area(south=40, west=-75, north=41.5, east=-73)
    assert coordinate_problem(40.7, -74.0, new_york) is None
    assert coordinate_problem(-74.0, 40.7, new_york) == CoordinateProblem.SWAPPED
    assert coordinate_problem(31.2, 121.5, new_york) == CoordinateProblem.OUTSIDE_AREA


def test_every_problem_has_a_sentence():
    assert all(problem.sentence.endswith(".") for problem in CoordinateProblem)


@given(LATS, LONS)
def test_a_coordinate_without_problem_makes_a_point(lat, lon):
    if coordinate_problem(lat, lon) is None:
        Point(lat, lon)


def test_haversine_knows_the_length_of_a_degree():
    assert haversine_m(0, 0, 0, 1) == pytest.approx(111_195, abs=1)
    assert haversine_m(0, 0, 0, 180) == pytest.approx(math.pi * 6_371_008.8)


@given(LATS, LONS, LATS, LONS)
def test_haversine_stays_within_one_percent_of_the_geodesic(lat1, lon1, lat2, lon2):
    exact_m = geodesic_m(Point(lat1, lon1), Point(lat2, lon2))
    assert float(haversine_m(lat1, lon1, lat2, lon2)) == pytest.approx(exact_m, rel=0.01, abs=0.01)


def test_haversine_broadcasts():
    lat, lon = np.array([60.1, 60.2, 60.3]), np.array([24.9, 25.0, 25.1])
    distances_m = haversine_m(lat[:, None], lon[:, None], lat, lon)
    assert distances_m.shape == (3, 3)
    assert (np.diag(distances_m) == 0).all()
    assert np.allclose(distances_m, distances_m.T)


def test_geodesic_knows_beijing_to_shanghai():
    assert geodesic_m(Point(39.9042, 116.4074), Point(31.2304, 121.4737)) == pytest.approx(
        1_067_000, rel=0.01
    )
