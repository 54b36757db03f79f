import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import travel_model
from geo.travel_model import matrix, road_estimate

METRES = st.floats(0, 2e7)


@pytest.mark.parametrize(
    ("straight_m", "band_s"),
    [(1_000, 0.131 * 1_000 + 100), (3_500, 0.074 * 3_500 + 198), (10_000, 0.067 * 10_000 + 240)],
)
def test_the_model_follows_the_measured_bands(straight_m, band_s):
    assert road_estimate(straight_m)[0] == pytest.approx(band_s, rel=0.03)


@given(METRES, METRES)
def test_farther_is_never_quicker_nor_shorter(a, b):
    near, far = road_estimate(min(a, b)), road_estimate(max(a, b))
    assert near[0] <= far[0]
    assert near[1] <= far[1]


@given(st.floats(0, 1e6))
def test_band_edges_do_not_jump(straight_m):
    here, next_metre = road_estimate(straight_m), road_estimate(straight_m + 1)
    assert next_metre[0] - here[0] <= 2
    assert next_metre[1] - here[1] <= 4


@given(METRES, METRES)
def test_a_detour_is_never_shorter_than_the_direct_way(a, b):
    # One unit for floating-point noise before rounding up.
    direct, first, second = road_estimate(a + b), road_estimate(a), road_estimate(b)
    assert direct[0] <= first[0] + second[0] + 1
    assert direct[1] <= first[1] + second[1] + 1


@given(METRES)
def test_the_road_is_never_shorter_than_the_straight_line(straight_m):
    assert road_estimate(straight_m)[1] >= straight_m


def test_only_equal_places_are_no_travel():
    assert road_estimate(0.0) == (0, 0)
    assert road_estimate(0.5)[0] >= 1


def test_a_matrix_is_symmetric_int32_with_zeros_between_equal_places():
    travel_s, distance_m = matrix([31.2, 31.3, 31.2], [121.4, 121.5, 121.4])
    for values in (travel_s, distance_m):
        assert values.dtype == np.int32
        assert values.shape == (3, 3)
        assert (values == values.T).all()
        assert (np.diag(values) == 0).all()
        assert values[0, 2] == 0
        assert values[0, 1] > 0


def test_a_matrix_made_in_parts_equals_one_made_at_once(monkeypatch):
    rng = np.random.default_rng(1)
    lats, lons = rng.uniform(31, 32, 53), rng.uniform(121, 122, 53)
    whole = matrix(lats, lons)
    monkeypatch.setattr(travel_model, "_CELLS_AT_ONCE", 200)
    parts = matrix(lats, lons)
    assert (whole[0] == parts[0]).all()
    assert (whole[1] == parts[1]).all()


@pytest.mark.parametrize("n", [0, 1])
def test_a_matrix_of_hardly_any_places_is_empty_or_zero(n):
    travel_s, distance_m = matrix([31.2] * n, [121.4] * n)
    assert travel_s.shape == distance_m.shape == (n, n)
    assert not travel_s.any()


def test_the_far_side_of_the_earth_fits():
    travel_s, distance_m = matrix([0, 0], [0, 180])
    assert travel_s[0, 1] > 900_000
    assert distance_m[0, 1] > 20_000_000
