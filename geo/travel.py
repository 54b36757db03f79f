"""Travel between places: what is remembered, then the roads, then the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from core.errors import mark
from geo import travel_model
from geo.point import Point, haversine_m
from geo.roads import RoadRouter, RoadsUnavailable

Int32Array = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]

Pair = tuple[Point, Point]
"""From, to; coordinates rounded to 6 decimals (0.1 m)."""

MAX_REMEMBERED_PLACES = 400
"""Above so many places a leg cache is passed by: a large table is quicker asked for than looked up."""


class Leg(NamedTuple):
    """Travel by road from one place to another: seconds [s] and metres [m]."""

    travel_s: int
    distance_m: int


class LegCache(Protocol):
    """Legs by road remembered from earlier answers."""

    def get_many(self, pairs: Sequence[Pair]) -> Mapping[Pair, Leg]:
        """Return the legs known among those asked for."""
        ...

    def put_many(self, legs: Mapping[Pair, Leg]) -> None:
        """Remember legs, in place of what was known of them before."""
        ...


@dataclass(frozen=True, slots=True)
class TravelWarning:
    """Something a planner should know about the travel times used.

    Parameters
    ----------
    code : {"roads_unavailable", "legs_without_road"}
    message : str
        The same for a person to read, also the key of its translation, with ``%(name)s`` places.
    facts : mapping
        Values for the message's places.
    """

    code: Literal["roads_unavailable", "legs_without_road"]
    message: str
    facts: Mapping[str, str | int]

    @property
    def sentence(self) -> str:
        """The message in English with its facts filled in."""
        return self.message % self.facts


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """Travel between all pairs of n places.

    Parameters
    ----------
    travel_s, distance_m : ndarray of int32, shape (n, n)
        Seconds [s] and metres [m] from row to column; 0 between equal places.
    source : {"roads", "model", "mixed"}
        Where the values come from.
    warnings : tuple of TravelWarning
        Why they do not all come from the roads, if a road router was to be asked.
    """

    travel_s: Int32Array
    distance_m: Int32Array
    source: Literal["roads", "model", "mixed"]
    warnings: tuple[TravelWarning, ...] = ()


def travel_between(
    points: Sequence[Point], router: RoadRouter | None = None, cache: LegCache | None = None
) -> Travel:
    """Return travel between all pairs of points; a router that fails costs a warning, no more.

    Parameters
    ----------
    points : sequence of Point, length n
        Equal points are asked for once.
    router : RoadRouter, optional
        Without it every value is the model's.
    cache : LegCache, optional
        Asked before the router and given what the router says. It is not called while the router
        is being asked.
    """
    rounded = [Point(round(point.lat, 6), round(point.lon, 6)) for point in points]
    places = list(dict.fromkeys(rounded))
    travel = _travel_between_distinct(places, router, cache)
    if len(places) == len(rounded):
        return travel
    position = {place: index for index, place in enumerate(places)}
    order = np.array([position[point] for point in rounded])
    cells = np.ix_(order, order)
    return Travel(travel.travel_s[cells], travel.distance_m[cells], travel.source, travel.warnings)


def travel_of_one(
    point: Point, points: Sequence[Point], router: RoadRouter | None = None
) -> tuple[tuple[Int32Array, Int32Array], tuple[Int32Array, Int32Array]]:
    """Return seconds [s] and metres [m] from every point to one, and from that one to every point.

    Parameters
    ----------
    point : Point
    points : sequence of Point, length n
    router : RoadRouter, optional
        What it does not know, or all where it fails, is the model's.

    Returns
    -------
    to, back : pairs of ndarray of int32, shape (n,)
    """
    lats, lons = np.array([(one.lat, one.lon) for one in points], dtype=np.float64).reshape(-1, 2).T
    guess = travel_model.road_estimate(haversine_m(lats, lons, point.lat, point.lon))
    if router is None or not points:
        return guess, guess
    try:
        to, back = router.table(points, [point]), router.table([point], points)
    except RoadsUnavailable:
        return guess, guess
    first, second = (
        tuple(np.where(unknown.ravel(), one, asked.ravel()) for one, asked in zip(guess, (s, m), strict=True))
        for s, m, unknown in (to, back)
    )
    return (first[0], first[1]), (second[0], second[1])


def _travel_between_distinct(
    places: list[Point], router: RoadRouter | None, cache: LegCache | None
) -> Travel:
    travel_s, distance_m = travel_model.matrix([p.lat for p in places], [p.lon for p in places])
    if router is None:
        return Travel(travel_s, distance_m, "model")
    if len(places) > MAX_REMEMBERED_PLACES:
        cache = None
    by_road = np.eye(len(places), dtype=np.bool_)
    if cache is not None:
        _recall(places, cache, travel_s, distance_m, by_road)
    warnings = []
    try:
        answered = _ask(places, router, travel_s, distance_m, by_road)
    except RoadsUnavailable as error:
        message = mark("%(reason)s Travel not known from earlier is estimated from straight lines.")
        warnings.append(TravelWarning("roads_unavailable", message, {"reason": str(error)}))
    else:
        if cache is not None and answered.any():
            cache.put_many(_legs(places, travel_s, distance_m, answered))
    everywhere = by_road.size - len(places)
    by_model = int((~by_road).sum())
    if by_model and not warnings:
        message = mark("%(count)s of %(of)s legs have no way by road: estimated from straight lines.")
        warnings.append(TravelWarning("legs_without_road", message, {"count": by_model, "of": everywhere}))
    source: Literal["roads", "model", "mixed"]
    source = "roads" if by_model == 0 else "model" if by_model == everywhere else "mixed"
    return Travel(travel_s, distance_m, source, tuple(warnings))


def _recall(
    places: list[Point], cache: LegCache, travel_s: Int32Array, distance_m: Int32Array, by_road: BoolArray
) -> None:
    position = {place: index for index, place in enumerate(places)}
    pairs = [(origin, end) for origin in places for end in places if origin is not end]
    for (origin, end), leg in cache.get_many(pairs).items():
        cell = position[origin], position[end]
        travel_s[cell], distance_m[cell] = leg
        by_road[cell] = True


def _ask(
    places: list[Point],
    router: RoadRouter,
    travel_s: Int32Array,
    distance_m: Int32Array,
    by_road: BoolArray,
) -> BoolArray:
    """Fill in what is missing, and return which legs the router answered."""
    answered = np.zeros_like(by_road)
    everyone = np.arange(len(places))
    new = _places_covering(~by_road)
    if 2 * new.size >= everyone.size:
        new = everyone
    old = np.setdiff1d(everyone, new)
    # Nothing is written before the router has answered everything.
    tables = [
        (np.ix_(rows, columns), router.table([places[i] for i in rows], [places[i] for i in columns]))
        for rows, columns in ((new, everyone), (old, new))
        if rows.size and columns.size
    ]
    for cells, (seconds, metres, unknown) in tables:
        answered[cells] = ~unknown
        travel_s[cells] = np.where(unknown, travel_s[cells], seconds)
        distance_m[cells] = np.where(unknown, distance_m[cells], metres)
    np.fill_diagonal(answered, False)
    by_road |= answered
    return answered


def _places_covering(missing: BoolArray) -> npt.NDArray[np.intp]:
    """Return few places such that every missing leg starts or ends at one of them (greedy)."""
    gaps = missing.sum(axis=0) + missing.sum(axis=1)
    cover: list[int] = []
    while gaps.any():
        place = int(gaps.argmax())
        cover.append(place)
        gaps -= missing[place].astype(gaps.dtype) + missing[:, place]
        gaps[cover] = 0
    return np.sort(np.array(cover, dtype=np.intp))


def _legs(
    places: list[Point], travel_s: Int32Array, distance_m: Int32Array, which: BoolArray
) -> dict[Pair, Leg]:
    return {
        (places[i], places[j]): Leg(int(travel_s[i, j]), int(distance_m[i, j])) for i, j in np.argwhere(which)
    }
