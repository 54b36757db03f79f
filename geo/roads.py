"""Client of an OSRM server: travel by road between places."""

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import requests
import urllib3

from core.errors import mark
from geo.point import Point

Int32Array = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]

_INT32_MAX = np.iinfo(np.int32).max


class RoadsUnavailable(Exception):
    """The road router gave no usable answer; the message is a sentence saying why."""


class RoadRouter:
    """Asks an OSRM server for tables and routes.

    Parameters
    ----------
    base_url : str
        Address of the server, such as ``http://127.0.0.1:5000``.
    timeout_s : float
        Longest wait for one answer [s].
    deadline_s : float
        Longest time for a whole table or route, all its requests together [s].
    block_size : int
        Origins, and destinations, asked for in one request; at most the server's
        ``--max-table-size``, whose default this is.
    max_snap_m : float
        A place farther than this from the next road is not served by roads [m].
    profile : str
        Name of the profile in the server's addresses.
    """

    def __init__(
        self,
        base_url: str,
        timeout_s: float = 5.0,
        deadline_s: float = 30.0,
        block_size: int = 100,
        max_snap_m: float = 1_000.0,
        profile: str = "driving",
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._deadline_s = deadline_s
        self._block_size = block_size
        self._max_snap_m = max_snap_m
        self._profile = profile
        self._session = requests.Session()

    def table(
        self, origins: Sequence[Point], destinations: Sequence[Point] | None = None
    ) -> tuple[Int32Array, Int32Array, BoolArray]:
        """Return travel from every origin to every destination.

        Parameters
        ----------
        origins : sequence of Point, length n
        destinations : sequence of Point, length m, optional
            The origins if left out.

        Returns
        -------
        travel_s, distance_m : ndarray of int32, shape (n, m)
            Seconds and metres by road; 0 where `unknown`.
        unknown : ndarray of bool, shape (n, m)
            True where there is no way by road or an end lies too far from one.

        Raises
        ------
        RoadsUnavailable
            If the server is down, slow, refuses, or answers nonsense.
        """
        ends = origins if destinations is None else destinations
        travel_s = np.zeros((len(origins), len(ends)), np.int32)
        distance_m = np.zeros_like(travel_s)
        unknown = np.ones(travel_s.shape, np.bool_)
        give_up_at = time.monotonic() + self._deadline_s
        step = self._block_size
        for row in range(0, len(origins), step):
            for column in range(0, len(ends), step):
                block = np.s_[row : row + step, column : column + step]
                travel_s[block], distance_m[block], unknown[block] = self._block(
                    origins[row : row + step], ends[column : column + step], give_up_at
                )
        return travel_s, distance_m, unknown

    def route(self, points: Sequence[Point]) -> list[Point]:
        """Return the line along the roads through points in the given order.

        Parameters
        ----------
        points : sequence of Point
            At least two, at most the server's ``--max-viaroute-size``.

        Raises
        ------
        RoadsUnavailable
            As for `table`, and if no road leads through all points.
        """
        answer = self._get(
            "route",
            points,
            {"overview": "full", "geometries": "geojson"},
            time.monotonic() + self._deadline_s,
        )
        if answer["code"] in ("NoRoute", "NoSegment"):
            raise RoadsUnavailable(mark("The road router knows no way through these places."))
        try:
            return [Point(lat, lon) for lon, lat in answer["routes"][0]["geometry"]["coordinates"]]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise RoadsUnavailable(mark("The road router's answer holds no route.")) from error

    def _block(
        self, origins: Sequence[Point], ends: Sequence[Point], give_up_at: float
    ) -> tuple[Any, Any, BoolArray]:
        asked = {"annotations": "duration,distance", "generate_hints": "false"}
        points = list(origins)
        if list(ends) != points:
            points += ends
            asked["sources"] = ";".join(map(str, range(len(origins))))
            asked["destinations"] = ";".join(map(str, range(len(origins), len(points))))
        answer = self._get("table", points, asked, give_up_at)
        shape = (len(origins), len(ends))
        # A server with a radius of its own refuses the whole block for one place off the roads.
        if answer["code"] == "NoSegment":
            return 0, 0, np.ones(shape, np.bool_)
        seconds, metres = _grid(answer, "durations", shape), _grid(answer, "distances", shape)
        unknown = (
            np.isnan(seconds)
            | np.isnan(metres)
            | (_snaps_m(answer, "sources", shape[0]) > self._max_snap_m)[:, None]
            | (_snaps_m(answer, "destinations", shape[1]) > self._max_snap_m)
        )
        return np.where(unknown, 0, np.rint(seconds)), np.where(unknown, 0, np.rint(metres)), unknown

    def _get(
        self, service: str, points: Sequence[Point], asked: dict[str, str], give_up_at: float
    ) -> dict[str, Any]:
        places = ";".join(f"{point.lon:.6f},{point.lat:.6f}" for point in points)
        url = f"{self._base_url}/{service}/v1/{self._profile}/{places}"
        status, body = self._fetch(url, asked, give_up_at)
        try:
            answer = json.loads(body)
            code = answer["code"]
        except (ValueError, RecursionError, TypeError, KeyError) as error:
            raise RoadsUnavailable(
                f"The road router answered with status {status} and no usable JSON."
            ) from error
        if code not in ("Ok", "NoSegment", "NoRoute"):
            raise RoadsUnavailable(
                f"The road router refused the question: {str(code)[:40]}, status {status}."
            )
        return dict(answer)

    def _fetch(
        self, url: str, asked: dict[str, str], give_up_at: float, retries: int = 1
    ) -> tuple[int, bytes]:
        try:
            return self._fetch_once(url, asked, give_up_at)
        except requests.Timeout as error:
            raise RoadsUnavailable(
                f"The road router is too slow: no answer within {self._timeout_s:g} s, or not all of it "
                f"within {self._deadline_s:g} s."
            ) from error
        except requests.RequestException as error:
            # Once more: the server may have closed a kept-alive connection in the meantime.
            if retries:
                return self._fetch(url, asked, give_up_at, retries - 1)
            raise RoadsUnavailable(
                mark("The road router cannot be reached: check its address and whether it runs.")
            ) from error

    def _fetch_once(self, url: str, asked: dict[str, str], give_up_at: float) -> tuple[int, bytes]:
        stop_at = min(give_up_at, time.monotonic() + self._timeout_s)
        left_s = stop_at - time.monotonic()
        if left_s <= 0:
            raise requests.Timeout
        with self._session.get(
            url, params=asked, timeout=left_s, stream=True, allow_redirects=False
        ) as response:
            # Read in pieces: the time limit above counts only the silence between two of them.
            pieces = []
            try:
                while piece := response.raw.read1(decode_content=True):
                    pieces.append(piece)
                    if time.monotonic() > stop_at:
                        raise requests.Timeout
            except urllib3.exceptions.ReadTimeoutError as error:
                raise requests.Timeout from error
            except urllib3.exceptions.HTTPError as error:
                raise requests.ConnectionError from error
            return response.status_code, b"".join(pieces)


def _grid(answer: dict[str, Any], name: str, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    try:
        grid = np.array(answer[name], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise RoadsUnavailable(f"The road router's answer has no usable {name}.") from error
    # Between places on one stretch of road a real server was seen to say -0.6 m.
    if grid.shape != shape or (grid < -10).any() or (grid > _INT32_MAX).any():
        raise RoadsUnavailable(f"The road router's {name} are not what was asked for.")
    return np.maximum(grid, 0)


def _snaps_m(answer: dict[str, Any], name: str, count: int) -> npt.NDArray[np.float64]:
    try:
        snaps_m = np.array([waypoint["distance"] for waypoint in answer[name]], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise RoadsUnavailable(f"The road router's answer has no usable {name}.") from error
    if snaps_m.shape != (count,):
        raise RoadsUnavailable(f"The road router's {name} are not what was asked for.")
    return snaps_m
