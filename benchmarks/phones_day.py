"""A simulated phone: a day of its own, and a line that loses, doubles, cuts and delays what it carries."""

import http.client
import json
import random
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from benchmarks.phones_town import Handed

COLLECTIONS = ("work_orders", "parts", "van_stock", "depot_stock", "part_requests", "articles", "ops")
UNREAD = ("parts", "depot_stock", "articles")
"""What every phone has and the script does not look at: five hundred times it would fill this machine."""
STEPS = ("accept", "depart", "arrive", "start", "note", "complete")
FAULTS = ("answer lost", "doubled", "cut", "shuffled", "dead zone")
_PAYLOADS: dict[str, dict[str, Any]] = {
    "depart": {"reason": "simulated"},
    "arrive": {"reason": "simulated"},
    "note": {"text": "all as it should be"},
    "complete": {"solution": "done"},
}
_BATCH, _PAGE, _TRIES = 50, 500, 200


class Lost(Exception):
    """Nothing came back over the line."""


class Phone:
    """One phone.

    Attributes
    ----------
    said : dict
        Everything it ever said, by id; `waiting` are those whose answer has not come.
    took : list of (what, seconds)
        How long each request took.
    """

    def __init__(self, port: int, handed: Handed, seed: int, share: float) -> None:
        self.port, self.token, self.share = port, handed.token, share
        self.random = random.Random(seed)
        self.said: dict[str, dict[str, Any]] = {}
        self.waiting: dict[str, dict[str, Any]] = {}
        self.held: dict[str, dict[str, Any]] = {name: {} for name in COLLECTIONS}
        self.checkpoints: dict[str, Any] = {}
        self.took: list[tuple[str, float]] = []
        self.faults: Counter[str] = Counter()
        self.skew = timedelta(seconds=self.random.uniform(-86_400, 86_400)) if share else timedelta()
        self._script: list[tuple[str, str]] | None = None
        self._dark = 0
        self._line: http.client.HTTPConnection | None = None

    def sync(self) -> None:
        """Do the next step of the day, then say and read what there is, unless there is no line."""
        self._step()
        if self._dark or self._has("dead zone"):
            self._dark = self._dark - 1 if self._dark else self.random.randint(1, 3)
            return
        self._talk()

    def _talk(self) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            self._push()
            for name in COLLECTIONS:
                self._pull(name)
        except (Lost, OSError, http.client.HTTPException):
            return
        finally:
            self._line.close()

    def begin(self) -> None:
        """Fetch everything for the first time, over a good line; that is not measured."""
        share, self.share = self.share, 0.0
        self._talk()
        self.share, self.took = share, []

    def settle(self) -> None:
        """Go on without faults until everything is said and read."""
        self.share, self._dark = 0.0, 0
        for _ in range(_TRIES):
            self.sync()
            if not self.waiting and not self._script:
                break
        self.sync()

    def _has(self, fault: str) -> bool:
        happens = self.random.random() < self.share / len(FAULTS)
        self.faults[fault] += happens
        return happens

    def _step(self) -> None:
        if self._script is None:
            visits = sorted(
                self.held["work_orders"].values(), key=lambda one: str(one.get("planned_start_at"))
            )
            if not visits:
                return
            self._script = [(visit["id"], step) for visit in visits for step in STEPS]
        if self._script:
            visit_id, step = self._script.pop(0)
            visit = self.held["work_orders"].get(visit_id)
            if visit is not None:
                self._say(step, visit)

    def _say(self, kind: str, visit: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        op = {
            "id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            "kind": kind,
            "work_order_id": visit["work_order_id"],
            "assignment_id": visit["assignment_id"],
            "payload": _PAYLOADS.get(kind, {}),
            "device_seq": len(self.said) + 1,
            "device_time": (now - self.skew).isoformat(),
            "mono_ms": int(time.monotonic() * 1_000),
            "boot_id": "simulated",
            "clock_offset_ms": int(self.skew / timedelta(milliseconds=1)),
        }
        self.said[op["id"]] = self.waiting[op["id"]] = op

    def _push(self) -> None:
        rows = list(self.waiting.values())[:_BATCH]
        if not rows:
            return
        if self._has("shuffled"):
            self.random.shuffle(rows)
        body = json.dumps([{"newDocumentState": op} for op in rows]).encode()
        if self._has("doubled"):
            self._ask("push", "POST", "/sync/ops", body)
        for one in self._ask("push", "POST", "/sync/ops", body):
            assert one["outcome"] != "pending", one
            self.waiting.pop(one["id"], None)

    def _pull(self, name: str) -> None:
        while True:
            checkpoint = quote(json.dumps(self.checkpoints.get(name)))
            told = self._ask("pull", "GET", f"/sync/{name}?limit={_PAGE}&checkpoint={checkpoint}")
            for one in told["documents"]:
                if one["_deleted"]:
                    self.held[name].pop(one["id"], None)
                elif name not in UNREAD:
                    self.held[name][one["id"]] = one
            self.checkpoints[name] = told["checkpoint"]
            if len(told["documents"]) < _PAGE:
                return

    def _ask(self, what: str, method: str, path: str, body: bytes | None = None) -> Any:
        assert self._line is not None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers["X-Clock-Offset-Ms"] = str(int(self.skew / timedelta(milliseconds=1)))
        if body and self._has("cut"):
            self._line.putrequest(method, f"/api/mobile/v1{path}")
            for name, value in headers.items():
                self._line.putheader(name, value)
            self._line.putheader("Content-Length", str(len(body)))
            self._line.endheaders(body[: len(body) // 2])
            raise Lost
        began = time.perf_counter()
        self._line.request(method, f"/api/mobile/v1{path}", body, headers)
        answer = self._line.getresponse()
        data = answer.read()
        self.took.append((what, time.perf_counter() - began))
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {answer.status} {data[:300]!r}")
        if self._has("answer lost"):
            raise Lost
        return json.loads(data)
