import numpy as np
import pytest
from numpy.testing import assert_array_equal

from geo import travel as travel_module
from geo.point import Point
from geo.roads import RoadRouter
from geo.travel import Leg, travel_between, travel_of_one
from geo.travel_model import matrix
from tests.osrm import helsinki_points

POINTS = helsinki_points(6)
MODEL_S, MODEL_M = matrix([round(p.lat, 6) for p in POINTS], [round(p.lon, 6) for p in POINTS])
DOWN = RoadRouter("http://127.0.0.1:9")


class Memory:
    """A leg cache in a dict, noting what it was asked."""

    def __init__(self):
        self.legs = {}
        self.asked = 0

    def get_many(self, pairs):
        self.asked += len(pairs)
        return {pair: self.legs[pair] for pair in pairs if pair in self.legs}

    def put_many(self, legs):
        self.legs.update(legs)


class CountingRouter(RoadRouter):
    """A real router that notes how many legs it was asked for."""

    cells = 0

    def table(self, origins, destinations=None):
        table = super().table(origins, destinations)
        self.cells += table[0].size
        return table


def test_without_a_router_the_model_answers_without_warning():
    travel = travel_between(POINTS)
    assert travel.source == "model"
    assert travel.warnings == ()
    assert_array_equal(travel.travel_s, MODEL_S)
    assert_array_equal(travel.distance_m, MODEL_M)


def test_with_a_router_the_roads_answer(osrm_url):
    travel = travel_between(POINTS, RoadRouter(osrm_url))
    table_s, table_m, _ = RoadRouter(osrm_url).table(POINTS)
    assert travel.source == "roads"
    assert travel.warnings == ()
    assert_array_equal(travel.travel_s, table_s)
    assert_array_equal(travel.distance_m, table_m)


def test_a_router_that_is_down_costs_a_warning_and_nothing_more():
    travel = travel_between(POINTS, DOWN)
    assert travel.source == "model"
    assert_array_equal(travel.travel_s, MODEL_S)
    (warning,) = travel.warnings
    assert warning.code == "roads_unavailable"
    assert "cannot be reached" in warning.sentence


def test_places_off_the_roads_are_estimated_with_a_warning(osrm_url):
    points = [*POINTS[:3], Point(60.3, 25.4)]
    travel = travel_between(points, RoadRouter(osrm_url))
    assert travel.source == "mixed"
    assert travel.warnings[0].code == "legs_without_road"
    assert travel.warnings[0].sentence.startswith("6 of 12 legs")
    model_s, _ = matrix([round(p.lat, 6) for p in points], [round(p.lon, 6) for p in points])
    assert_array_equal(travel.travel_s[3], model_s[3])
    assert (travel.travel_s[~np.eye(4, dtype=bool)] > 0).all()


def test_equal_places_are_asked_for_once_and_are_no_travel_apart(osrm_url):
    router = CountingRouter(osrm_url)
    travel = travel_between([POINTS[0], POINTS[1], POINTS[0]], router)
    assert router.cells == 4
    assert travel.travel_s.shape == (3, 3)
    assert travel.travel_s[0, 2] == travel.distance_m[2, 0] == 0
    assert travel.travel_s[0, 1] == travel.travel_s[2, 1] > 0


@pytest.mark.parametrize("points", [[], POINTS[:1]])
def test_hardly_any_places_are_no_travel(points):
    travel = travel_between(points)
    assert travel.travel_s.shape == (len(points), len(points))
    assert not travel.travel_s.any()


def test_legs_once_known_are_not_asked_for_again(osrm_url):
    memory, router = Memory(), CountingRouter(osrm_url)
    first = travel_between(POINTS, router, memory)
    asked = router.cells
    again = travel_between(POINTS, router, memory)
    assert asked == 36
    assert len(memory.legs) == 30
    assert router.cells == asked
    assert again.source == "roads"
    assert_array_equal(first.travel_s, again.travel_s)


def test_only_legs_of_new_places_are_asked_for(osrm_url):
    memory, router = Memory(), CountingRouter(osrm_url)
    travel_between(POINTS[:5], router, memory)
    router.cells = 0
    travel = travel_between(POINTS, router, memory)
    assert router.cells == 6 + 5
    assert travel.source == "roads"
    assert_array_equal(travel.travel_s, travel_between(POINTS, router).travel_s)


def test_known_legs_serve_while_the_router_is_down(osrm_url):
    memory = Memory()
    known = travel_between(POINTS[:3], RoadRouter(osrm_url), memory)
    travel = travel_between(POINTS, DOWN, memory)
    assert travel.source == "mixed"
    assert [warning.code for warning in travel.warnings] == ["roads_unavailable"]
    assert_array_equal(travel.travel_s[:3, :3], known.travel_s)
    assert_array_equal(travel.travel_s[3:], MODEL_S[3:])


def test_estimates_are_not_remembered(osrm_url):
    memory = Memory()
    travel_between([*POINTS[:2], Point(60.3, 25.4)], RoadRouter(osrm_url), memory)
    assert len(memory.legs) == 2
    travel_between(POINTS, DOWN, memory)
    assert len(memory.legs) == 2
    assert all(isinstance(leg, Leg) and leg.travel_s > 0 for leg in memory.legs.values())


def test_large_tables_pass_the_cache_by(osrm_url, monkeypatch):
    monkeypatch.setattr(travel_module, "MAX_REMEMBERED_PLACES", 5)
    memory = Memory()
    assert travel_between(POINTS, RoadRouter(osrm_url), memory).source == "roads"
    assert memory.asked == 0
    assert not memory.legs


def test_travel_of_one_is_that_of_the_whole_table():
    one, others = POINTS[0], POINTS[1:]
    for direction, there_s, there_m in zip(
        travel_of_one(one, others),
        (MODEL_S[1:, 0], MODEL_S[0, 1:]),
        (MODEL_M[1:, 0], MODEL_M[0, 1:]),
        strict=True,
    ):
        assert np.abs(direction[0] - there_s).max() <= 1  # the table rounds positions to 0.1 m
        assert np.abs(direction[1] - there_m).max() <= 1
    for pair in travel_of_one(one, ()):
        assert [len(values) for values in pair] == [0, 0]


def test_travel_of_one_is_by_road_and_the_models_where_there_is_no_way():
    class HalfRoads(RoadRouter):
        def table(self, origins, destinations=None):
            shape = (len(origins), len(destinations))
            unknown = np.zeros(shape, dtype=bool)
            unknown.flat[1] = True
            return np.full(shape, len(origins), np.int32), np.full(shape, 70, np.int32), unknown

    (to_s, to_m), (back_s, back_m) = travel_of_one(POINTS[0], POINTS[1:], HalfRoads("http://127.0.0.1:9"))
    (model_s, model_m), _ = travel_of_one(POINTS[0], POINTS[1:])
    assert_array_equal(to_s, [5, model_s[1], 5, 5, 5])
    assert_array_equal(back_s, [1, model_s[1], 1, 1, 1])
    assert_array_equal(to_m, [70, model_m[1], 70, 70, 70])
    assert_array_equal(back_m, to_m)


def test_travel_of_one_is_the_models_where_the_roads_do_not_answer():
    for asked, model in zip(
        travel_of_one(POINTS[0], POINTS[1:], DOWN), travel_of_one(POINTS[0], POINTS[1:]), strict=True
    ):
        assert_array_equal(asked, model)
