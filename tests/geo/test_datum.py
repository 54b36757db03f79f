import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geo.datum import Datum, from_wgs84, to_wgs84
from geo.mainland import is_in_mainland_china
from geo.point import Point, haversine_m

SHIFTED = [Datum.GCJ02, Datum.BD09]
TIANANMEN = Point(39.9087, 116.3975)

INSIDE = {
    "Shanghai": (31.2304, 121.4737),
    "Guangzhou": (23.1291, 113.2644),
    "Urumqi": (43.8256, 87.6168),
    "Lhasa": (29.6525, 91.1721),
    "Sanya": (18.2528, 109.5119),
    "Shenzhen Luohu": (22.5410, 114.1200),
    "Shenzhen Shekou": (22.4850, 113.9150),
    "Zhuhai Gongbei": (22.2250, 113.5500),
    "Zhuhai Hengqin": (22.1300, 113.5300),
    "Xiamen": (24.4798, 118.0894),
    "Dandong": (40.1290, 124.3900),
    "Heihe": (50.2450, 127.4900),
    "Manzhouli": (49.5978, 117.3787),
}
OUTSIDE = {
    "Hong Kong Central": (22.2819, 114.1582),
    "Hong Kong Sheung Shui": (22.5010, 114.1270),
    "Hong Kong airport": (22.3080, 113.9185),
    "Macau": (22.1987, 113.5439),
    "Macau Taipa": (22.1560, 113.5580),
    "Taipei": (25.0330, 121.5654),
    "Kinmen": (24.4349, 118.3186),
    "Matsu": (26.1600, 119.9500),
    "Hanoi": (21.0278, 105.8342),
    "Ulaanbaatar": (47.8864, 106.9057),
    "Vladivostok": (43.1155, 131.8855),
    "Blagoveshchensk": (50.2900, 127.5300),
    "Seoul": (37.5665, 126.9780),
    "Helsinki": (60.1699, 24.9384),
    "the pole": (90.0, 0.0),
}


@pytest.mark.parametrize("place", INSIDE)
def test_places_in_mainland_china_are_shifted(place):
    lat, lon = INSIDE[place]
    assert is_in_mainland_china(lat, lon)
    for datum in SHIFTED:
        assert haversine_m(lat, lon, *from_wgs84(Point(lat, lon), datum)) > 100


@pytest.mark.parametrize("place", OUTSIDE)
def test_places_outside_mainland_china_are_not_shifted(place):
    lat, lon = OUTSIDE[place]
    assert not is_in_mainland_china(lat, lon)
    for datum in Datum:
        assert from_wgs84(Point(lat, lon), datum) == (lat, lon)


@pytest.mark.parametrize("place", [place for place in OUTSIDE if not place.startswith("Macau")])
def test_coordinates_farther_from_the_outline_than_the_shift_are_taken_as_they_are(place):
    for datum in Datum:
        assert to_wgs84(*OUTSIDE[place], datum) == Point(*OUTSIDE[place])


def test_coordinates_that_could_be_on_either_side_of_the_outline_are_taken_as_inside():
    hengqin = Point(22.1500, 113.5460)
    taipa_or_hengqin = from_wgs84(hengqin, Datum.BD09)
    assert not is_in_mainland_china(*taipa_or_hengqin)
    back = to_wgs84(*taipa_or_hengqin, Datum.BD09)
    assert haversine_m(hengqin.lat, hengqin.lon, back.lat, back.lon) < 0.001


def test_the_shifts_at_beijing_are_the_published_ones():
    gcj02, bd09 = (from_wgs84(TIANANMEN, datum) for datum in SHIFTED)
    assert haversine_m(TIANANMEN.lat, TIANANMEN.lon, *gcj02) == pytest.approx(555, abs=2)
    assert haversine_m(TIANANMEN.lat, TIANANMEN.lon, *bd09) == pytest.approx(1_378, abs=3)
    assert gcj02 == pytest.approx((39.9101, 116.4037), abs=2e-4)


def test_wgs84_is_itself():
    assert from_wgs84(TIANANMEN, Datum.WGS84) == (TIANANMEN.lat, TIANANMEN.lon)
    assert to_wgs84(TIANANMEN.lat, TIANANMEN.lon, Datum.WGS84) == TIANANMEN


@given(st.floats(18, 54), st.floats(73, 136), st.sampled_from(SHIFTED))
def test_there_and_back_ends_within_a_millimetre(lat, lon, datum):
    assume(is_in_mainland_china(lat, lon))
    back = to_wgs84(*from_wgs84(Point(lat, lon), datum), datum)
    assert haversine_m(lat, lon, back.lat, back.lon) < 0.001


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(Datum))
def test_a_conversion_never_moves_a_place_farther_than_the_shift(lat, lon, datum):
    point = to_wgs84(lat, lon, datum)
    assert haversine_m(lat, lon, point.lat, point.lon) < 2_500


def test_coordinates_off_the_earth_are_refused_in_every_datum():
    for datum in Datum:
        with pytest.raises(ValueError, match="not a position"):
            to_wgs84(116.4, 39.9 + 180, datum)
