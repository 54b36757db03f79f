import json
import time

import numpy as np
import pytest
import requests
from numpy.testing import assert_array_equal

from geo.point import Point, haversine_m
from geo.roads import RoadRouter, RoadsUnavailable
from geo.travel_model import matrix
from tests.osrm import HELSINKI, helsinki_points

TWO = [Point(60.1645, 24.946), Point(60.168, 24.950)]
WAYPOINTS = [{"distance": 3.0}, {"distance": 4.0}]
GOOD = {
    "code": "Ok",
    "durations": [[0, 60.4], [59.6, 0]],
    "distances": [[0, 500.2], [499.9, 0]],
    "sources": WAYPOINTS,
    "destinations": WAYPOINTS,
}


def test_a_real_server_gives_times_of_the_models_order_of_magnitude(osrm_url):
    points = helsinki_points(80, HELSINKI)
    travel_s, distance_m, unknown = RoadRouter(osrm_url).table(points)
    model_s, model_m = matrix([p.lat for p in points], [p.lon for p in points])
    known = ~unknown & ~np.eye(80, dtype=bool)
    assert travel_s.dtype == distance_m.dtype == np.int32
    assert known.mean() > 0.3
    assert 0.3 < np.median(travel_s[known] / model_s[known]) < 3
    assert 0.3 < np.median(distance_m[known] / model_m[known]) < 3
    assert (np.diag(travel_s) == 0).all()


def test_a_table_larger_than_the_servers_limit_equals_its_parts(osrm_url):
    points = helsinki_points(130, HELSINKI)
    whole = RoadRouter(osrm_url).table(points)
    parts = RoadRouter(osrm_url, block_size=60).table(points)
    for one, other in zip(whole, parts, strict=True):
        assert one.shape == (130, 130)
        assert_array_equal(one, other)


def test_a_table_between_two_groups_is_that_corner_of_the_whole(osrm_url):
    points = helsinki_points(12)
    whole = RoadRouter(osrm_url).table(points)
    corner = RoadRouter(osrm_url, block_size=5).table(points[:4], points[3:])
    for one, other in zip(whole, corner, strict=True):
        assert_array_equal(one[:4, 3:], other)


def test_a_block_above_the_servers_limit_is_told_plainly(osrm_url):
    with pytest.raises(RoadsUnavailable, match="TooBig"):
        RoadRouter(osrm_url, block_size=150).table(helsinki_points(150))


def test_a_place_far_from_every_road_is_unknown(osrm_url):
    points = [*helsinki_points(3), Point(60.3, 25.4)]
    _, distance_m, unknown = RoadRouter(osrm_url, max_snap_m=500).table(points)
    assert unknown[3].all()
    assert unknown[:, 3].all()
    assert not unknown[:3, :3].any()
    assert not distance_m[3].any()


def test_a_route_is_a_line_from_the_first_to_the_last_place(osrm_url):
    line = RoadRouter(osrm_url).route(TWO)
    assert len(line) > 2
    for place, end in ((TWO[0], line[0]), (TWO[1], line[-1])):
        assert haversine_m(place.lat, place.lon, end.lat, end.lon) < 200


def test_no_places_need_no_server():
    travel_s, distance_m, unknown = RoadRouter("http://127.0.0.1:9").table([])
    assert travel_s.shape == distance_m.shape == unknown.shape == (0, 0)


def test_seconds_and_metres_are_rounded(serve, answer):
    travel_s, distance_m, unknown = RoadRouter(serve(answer(json.dumps(GOOD)))).table(TWO)
    assert travel_s.tolist() == [[0, 60], [60, 0]]
    assert distance_m.tolist() == [[0, 500], [500, 0]]
    assert not unknown.any()


def test_distances_a_hair_below_zero_are_zero(serve, answer):
    odd = GOOD | {"distances": [[0, -0.6], [499.9, 0]]}
    assert RoadRouter(serve(answer(json.dumps(odd)))).table(TWO)[1].tolist() == [[0, 0], [500, 0]]


def test_a_pair_without_a_way_is_unknown(serve, answer):
    island = GOOD | {"durations": [[0, None], [60, 0]], "distances": [[0, None], [500, 0]]}
    travel_s, _, unknown = RoadRouter(serve(answer(json.dumps(island)))).table(TWO)
    assert unknown.tolist() == [[False, True], [False, False]]
    assert travel_s.tolist() == [[0, 0], [60, 0]]


def test_a_block_the_server_cannot_snap_is_unknown(serve, answer):
    refusal = json.dumps(
        {"code": "NoSegment", "message": "Could not find a matching segment for coordinate 1"}
    )
    _, _, unknown = RoadRouter(serve(answer(refusal, 400))).table(TWO)
    assert unknown.all()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("<html>bad gateway</html>", 502, "status 502 and no usable JSON"),
        ("", 200, "no usable JSON"),
        ("[" * 100_000, 200, "no usable JSON"),
        ("[1, 2]", 200, "no usable JSON"),
        ("{}", 200, "no usable JSON"),
        (json.dumps({"code": "InvalidQuery"}), 400, "InvalidQuery, status 400"),
        (json.dumps({"code": "NoRoute"}), 400, "no usable durations"),
        (json.dumps(GOOD | {"durations": [[0, 1], [2]]}), 200, "no usable durations"),
        (json.dumps(GOOD | {"durations": [[0, "x"], [2, 0]]}), 200, "no usable durations"),
        (json.dumps(GOOD | {"durations": [[0]]}), 200, "durations are not what was asked for"),
        (json.dumps(GOOD | {"durations": [[0, -60], [2, 0]]}), 200, "durations are not what was asked for"),
        (json.dumps(GOOD | {"durations": [[0, 1e12], [2, 0]]}), 200, "durations are not what was asked for"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "distances"}), 200, "no usable distances"),
        (json.dumps(GOOD | {"sources": WAYPOINTS[:1]}), 200, "sources are not what was asked for"),
        (json.dumps(GOOD | {"destinations": [None, {}]}), 200, "no usable destinations"),
    ],
    ids=range(15),
)
def test_nonsense_is_one_exception_with_a_sentence(serve, answer, body, status, said):
    with pytest.raises(RoadsUnavailable, match=said):
        RoadRouter(serve(answer(body, status))).table(TWO)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://", "nowhere", "http://[::1"])
def test_a_server_that_is_down_is_one_exception_with_a_sentence(address):
    with pytest.raises(RoadsUnavailable, match="cannot be reached"):
        RoadRouter(address).table(TWO)


def test_a_redirect_is_not_followed(serve, answer):
    with pytest.raises(RoadsUnavailable, match="status 302"):
        RoadRouter(serve(answer("", 302))).table(TWO)


def test_a_dropped_connection_is_tried_once_more(serve, answer):
    asked = []

    def respond(request):
        asked.append(request.path)
        if len(asked) > 1:
            answer(json.dumps(GOOD))(request)

    _, _, unknown = RoadRouter(serve(respond)).table(TWO)
    assert not unknown.any()
    assert len(asked) == 2


def test_a_connection_dropped_twice_is_given_up(serve):
    asked = []
    with pytest.raises(RoadsUnavailable, match="cannot be reached"):
        RoadRouter(serve(lambda request: asked.append(request.path))).table(TWO)
    assert len(asked) == 2


def test_an_answer_cut_short_is_given_up(serve):
    def respond(request):
        request.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"co')

    with pytest.raises(RoadsUnavailable, match="cannot be reached"):
        RoadRouter(serve(respond)).table(TWO)


def test_a_silent_server_is_too_slow(serve):
    with pytest.raises(RoadsUnavailable, match="too slow"):
        RoadRouter(serve(lambda request: time.sleep(0.3)), timeout_s=0.1).table(TWO)


def test_a_server_that_stops_in_the_middle_is_too_slow(serve):
    def respond(request):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n{")
        time.sleep(0.3)

    with pytest.raises(RoadsUnavailable, match="too slow"):
        RoadRouter(serve(respond), timeout_s=0.1).table(TWO)


def test_a_server_that_answers_byte_by_byte_is_too_slow(serve):
    def respond(request):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
        for _ in range(100):
            try:
                request.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.02)

    with pytest.raises(RoadsUnavailable, match="too slow"):
        RoadRouter(serve(respond), timeout_s=0.1).table(TWO)


def test_the_deadline_holds_for_all_blocks_together(serve, answer):
    point = {"distance": 1.0}
    cell = {"code": "Ok", "durations": [[1]], "distances": [[1]], "sources": [point], "destinations": [point]}
    asked = []

    def respond(request):
        asked.append(request.path)
        time.sleep(0.06)
        answer(json.dumps(cell))(request)

    router = RoadRouter(serve(respond), deadline_s=0.1, block_size=1)
    with pytest.raises(RoadsUnavailable, match="too slow"):
        router.table(helsinki_points(10))
    assert len(asked) < 10


def test_a_deadline_already_past_asks_nothing(serve):
    asked = []
    with pytest.raises(RoadsUnavailable, match="too slow"):
        RoadRouter(serve(lambda request: asked.append(request.path)), deadline_s=0).table(TWO)
    assert not asked


def test_a_connect_timeout_is_too_slow(monkeypatch):
    def get(*args, **options):
        raise requests.ConnectTimeout

    router = RoadRouter("http://127.0.0.1:9")
    monkeypatch.setattr(router._session, "get", get)
    with pytest.raises(RoadsUnavailable, match="too slow"):
        router.table(TWO)


def test_a_route_nobody_can_drive_is_told(serve, answer):
    refusal = json.dumps({"code": "NoRoute", "message": "Impossible route between points"})
    with pytest.raises(RoadsUnavailable, match="no way"):
        RoadRouter(serve(answer(refusal, 400))).route(TWO)


@pytest.mark.parametrize("routes", [None, [], [{}], [{"geometry": {"coordinates": [[1, 200]]}}]])
def test_a_route_without_a_line_is_nonsense(serve, answer, routes):
    with pytest.raises(RoadsUnavailable, match="no route"):
        RoadRouter(serve(answer(json.dumps({"code": "Ok", "routes": routes})))).route(TWO)
