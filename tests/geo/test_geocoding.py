import json
import time
import traceback
from urllib.parse import parse_qs, urlsplit

import pytest

from geo.datum import Datum, to_wgs84
from geo.geocoding import GeocodingUnavailable, make_geocoder
from geo.point import Point

# Both as the providers answer, cut to what matters.
NOMINATIM_HOUSE = [
    {
        "place_id": 123,
        "osm_type": "node",
        "lat": "60.1708136",
        "lon": "24.9414531",
        "class": "place",
        "type": "house",
        "place_rank": 30,
        "importance": 0.0001,
        "display_name": "1, Kaivokatu, Helsinki, 00100, Suomi",
        "boundingbox": ["60.1707636", "60.1708636", "24.9414031", "24.9415031"],
    }
]
BAIDU_EXACT = {
    "status": 0,
    "result": {
        "location": {"lng": 116.30762232672, "lat": 40.056828485961},
        "precise": 1,
        "confidence": 80,
        "comprehension": 100,
        "level": "门址",
    },
}


def nominatim(url, **options):
    return make_geocoder("nominatim", base_url=url, min_delay_s=0, **options)


def baidu(url, **options):
    return make_geocoder("baidu", "secret-ak", base_url=url, min_delay_s=0, **options)


def test_nominatim_finds_a_house(serve, answer):
    asked = []

    def respond(request):
        asked.append((urlsplit(request.path), request.headers["User-Agent"]))
        answer(json.dumps(NOMINATIM_HOUSE))(request)

    result = nominatim(serve(respond), user_agent="paidan-test")(" Kaivokatu 1, Helsinki ")
    assert result.point == Point(60.1708136, 24.9414531)
    assert result.label == "1, Kaivokatu, Helsinki, 00100, Suomi"
    assert result.is_precise
    assert (result.provider, result.datum) == ("nominatim", Datum.WGS84)
    ((url, agent),) = asked
    assert url.path == "/search"
    assert parse_qs(url.query)["q"] == ["Kaivokatu 1, Helsinki"]
    assert agent == "paidan-test"


def test_a_street_is_not_precise(serve, answer):
    street = [NOMINATIM_HOUSE[0] | {"place_rank": 26}]
    assert not nominatim(serve(answer(json.dumps(street))))("Kaivokatu").is_precise


def test_baidus_answer_is_converted_from_bd09(serve, answer):
    asked = []

    def respond(request):
        asked.append(urlsplit(request.path))
        answer(json.dumps(BAIDU_EXACT))(request)

    result = baidu(serve(respond))("北京市海淀区上地十街10号")
    assert result.point == to_wgs84(40.056828485961, 116.30762232672, Datum.BD09)
    assert result.point.lat == pytest.approx(40.0495, abs=0.001)
    assert result.is_precise
    assert (result.label, result.provider, result.datum) == ("门址", "baidu", Datum.BD09)
    assert asked[0].path == "/geocoding/v3/"
    assert parse_qs(asked[0].query)["ak"] == ["secret-ak"]
    assert parse_qs(asked[0].query)["address"] == ["北京市海淀区上地十街10号"]


def test_a_vague_answer_of_baidu_is_not_precise(serve, answer):
    vague = BAIDU_EXACT | {"result": BAIDU_EXACT["result"] | {"precise": 0, "level": "城市"}}
    assert not baidu(serve(answer(json.dumps(vague))))("北京").is_precise


@pytest.mark.parametrize(
    ("make", "body"),
    [
        (nominatim, "[]"),
        (baidu, '{"status": 0, "result": []}'),
        (baidu, '{"status": 1, "msg": "Internal Service Error:无相关结果", "results": []}'),
    ],
)
def test_an_unknown_address_is_none(serve, answer, make, body):
    assert make(serve(answer(body)))("nowhere at all") is None


def test_a_blank_address_is_not_asked_for(serve):
    asked = []
    assert nominatim(serve(lambda request: asked.append(request.path)))(" \n") is None
    assert not asked


@pytest.mark.parametrize(
    ("make", "body", "status", "reason"),
    [
        (nominatim, "", 401, "key"),
        (nominatim, "", 403, "key"),
        (nominatim, "", 429, "quota"),
        (nominatim, "", 400, "refused"),
        (nominatim, '{"error": "Unsupported"}', 200, "refused"),
        (nominatim, "", 500, "down"),
        (nominatim, "", 503, "down"),
        (nominatim, "<html>", 200, "nonsense"),
        (nominatim, "[7]", 200, "nonsense"),
        (nominatim, '[{"lat": "north", "lon": "1"}]', 200, "nonsense"),
        (nominatim, '[{"lat": "95", "lon": "1"}]', 200, "nonsense"),
        (nominatim, '[{"display_name": "x"}]', 200, "nonsense"),
        (nominatim, '[{"lat": "1", "lon": "1", "place_rank": "x"}]', 200, "nonsense"),
        (baidu, '{"status": 1, "msg": "Internal Service Error"}', 200, "down"),
        (baidu, '{"status": 2, "message": "Parameter Invalid"}', 200, "refused"),
        (baidu, '{"status": 4, "message": "Quota Failure"}', 200, "quota"),
        (baidu, '{"status": 5, "message": "AK Failure"}', 200, "key"),
        (baidu, '{"status": 200, "message": "APP不存在,AK有误请检查再重试"}', 200, "key"),
        (baidu, '{"status": 302, "message": "天配额超限,限制访问"}', 200, "quota"),
        (baidu, '{"status": 0, "result": {"level": "x"}}', 200, "nonsense"),
        (baidu, "[]", 200, "nonsense"),
    ],
)
def test_an_error_is_one_exception_with_its_reason(serve, answer, make, body, status, reason):
    with pytest.raises(GeocodingUnavailable) as caught:
        make(serve(answer(body, status)))("somewhere")
    assert caught.value.reason == reason
    assert str(caught.value).endswith(".")


def test_a_geocoder_that_is_down_or_slow_is_told(serve):
    for geocode in (
        nominatim("http://127.0.0.1:9"),
        baidu("http://127.0.0.1:9/"),
        nominatim(serve(lambda request: time.sleep(0.3)), timeout_s=0.05),
    ):
        with pytest.raises(GeocodingUnavailable) as caught:
            geocode("somewhere")
        assert caught.value.reason == "down"


def test_the_key_is_not_in_what_is_logged():
    with pytest.raises(GeocodingUnavailable) as caught:
        baidu("http://127.0.0.1:9")("somewhere")
    assert "secret-ak" not in "".join(traceback.format_exception(caught.value))


def test_questions_keep_their_distance(serve, answer):
    geocode = make_geocoder("nominatim", base_url=serve(answer("[]")), min_delay_s=0.2)
    started = time.monotonic()
    geocode("one")
    geocode("two")
    assert time.monotonic() - started >= 0.2


def test_geocoding_can_be_switched_off():
    assert make_geocoder("none") is None


def test_the_public_servers_are_the_default():
    assert make_geocoder("nominatim") is not None
    assert make_geocoder("baidu", "ak") is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"provider": "bing"}, "unknown geocoder 'bing'"),
        ({"provider": "baidu"}, "needs an access key"),
        ({"provider": "nominatim", "base_url": "localhost:8080"}, "must start with http"),
    ],
)
def test_a_wrong_setting_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        make_geocoder(**arguments)
