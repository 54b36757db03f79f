"""Hundreds of phones of a made-up town: how fast the server answers them, and that a bad line loses nothing.

Three measurements on one gunicorn with the database of DATABASE_URL (SQLite in a folder of its own if unset):
`rate` asks for what is new, where nothing is, beside a bare Flask route that reads one row; `first` fetches
10,000 parts; `day` has all phones sync every so many seconds and carry out their visits step by step, over a
line that loses, doubles, cuts and reorders a share of it, and looks in the end whether everything said is
there once.
"""

import argparse
import gzip
import heapq
import http.client
import json
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from urllib.parse import quote

import numpy as np

from benchmarks import phones_town
from benchmarks.phones_day import Phone
from benchmarks.phones_town import MORNING, Handed

_CONNECTIONS, _RATE_S, _THREADS = 8, 10.0, 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    parser.add_argument(
        "what", nargs="*", default=["rate", "first", "day"], metavar="WHAT", help="rate first day"
    )
    parser.add_argument("--phones", type=int, default=500)
    parser.add_argument("--orders", type=int, default=1_500)
    parser.add_argument("--parts", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=30.0, help="seconds between a phone's syncs")
    parser.add_argument("--seconds", type=float, default=180.0, help="how long the day lasts")
    parser.add_argument("--faults", type=float, default=0.0, help="share of what a line spoils")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=8_766)


def main(arguments: argparse.Namespace) -> int:
    """Measure what is wanted; 1 where something was lost, or there twice."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ |= {"DATA_DIR": folder, "CLOCK_START": MORNING.isoformat(), "LOG_LEVEL": "ERROR"}
        os.environ["CLOCK_ANCHOR"] = datetime.now(MORNING.tzinfo).isoformat()
        handed = phones_town.settle(arguments.phones, arguments.orders, arguments.parts)
        stack.enter_context(phones_town.served(arguments.port))
        lost = 0
        if "rate" in arguments.what:
            rate(arguments.port, handed[-1])
        if "first" in arguments.what:
            first(arguments.port, handed[-1])
        if "day" in arguments.what:
            lost = day(arguments, handed)
    return min(lost, 1)


def rate(port: int, handed: Handed) -> None:
    """Print how often a second nothing new is told, and how often the bare route answers."""
    phone = Phone(port, handed, 0, 0.0)
    phone.sync()
    checkpoint = quote(json.dumps(phone.checkpoints["work_orders"]))
    pull = f"/api/mobile/v1/sync/work_orders?limit=500&checkpoint={checkpoint}"
    headers = {"Authorization": f"Bearer {handed.token}"}
    found = {}
    for name, path in (("bare", "/bare/"), ("pull", pull), ("bare again", "/bare/"), ("pull again", pull)):
        found[name] = _rate(port, path, headers)
        print(f"{name}: {found[name]:,.0f} a second, {_CONNECTIONS} connections")
    share = (found["pull"] + found["pull again"]) / (found["bare"] + found["bare again"])
    print(f"a pull with nothing new: {share:.0%} of a bare route's rate")


def _rate(port: int, path: str, headers: dict[str, str]) -> float:
    counts = [0] * _CONNECTIONS
    until = time.perf_counter() + _RATE_S

    def ask(place: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < until:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            counts[place] += 1
        line.close()

    _all(ask, range(_CONNECTIONS))
    return sum(counts) / _RATE_S


def first(port: int, handed: Handed) -> None:
    """Print how long the parts take to come for the first time, and how many bytes they are on the wire."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {handed.token}", "Accept-Encoding": "gzip"}
    checkpoint, documents, wire, requests, began = None, 0, 0, 0, time.perf_counter()
    while True:
        path = f"/api/mobile/v1/sync/parts?limit=500&checkpoint={quote(json.dumps(checkpoint))}"
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        data = answer.read()
        wire, requests = wire + len(data), requests + 1
        packed = answer.headers.get("Content-Encoding") == "gzip"
        told = json.loads(gzip.decompress(data) if packed else data)
        documents, checkpoint = documents + len(told["documents"]), told["checkpoint"]
        if len(told["documents"]) < 500:
            break
    took = time.perf_counter() - began
    print(f"first sync of {documents:,} parts: {took:.2f} s, {wire / 1e6:.2f} MB in {requests} requests")


def day(arguments: argparse.Namespace, handed: Sequence[Handed]) -> int:
    """Have every phone sync every so often, print how long requests took, and return how much went wrong."""
    phones = [
        Phone(arguments.port, one, arguments.seed * 100_003 + number, arguments.faults)
        for number, one in enumerate(handed)
    ]
    began = time.perf_counter()
    _all(lambda place: [phone.begin() for phone in phones[place::_THREADS]], range(_THREADS))
    print(
        f"{len(phones)} phones fetched everything for the first time in {time.perf_counter() - began:.0f} s"
    )
    # All of them at once would be a day that begins with a queue: each has a moment of its own.
    turns = [(arguments.every * number / len(phones), number) for number in range(len(phones))]
    heapq.heapify(turns)
    lock, began, late = threading.Lock(), time.perf_counter(), [0.0]

    def work(_: int) -> None:
        while True:
            with lock:
                at, number = heapq.heappop(turns)
                if at > arguments.seconds:
                    return
                heapq.heappush(turns, (at + arguments.every, number))
            wait = began + at - time.perf_counter()
            late[0] = max(late[0], -wait)
            time.sleep(max(0.0, wait))
            phones[number].sync()

    _all(work, range(_THREADS))
    took = [one for phone in phones for one in phone.took]
    faults = sum((phone.faults for phone in phones), Counter())
    print(f"{len(phones)} phones, a sync every {arguments.every:g} s for {arguments.seconds:g} s:")
    for what in ("pull", "push"):
        times = [seconds * 1_000 for name, seconds in took if name == what]
        p50, p99 = np.percentile(times, [50, 99])
        spread = f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(times):.0f} ms"
        print(f"  {what}: {len(times):,} requests, {spread}")
    print(f"  latest sync {late[0]:.1f} s after its turn; spoiled: {dict(faults) or 'nothing'}")
    _all(lambda place: [phone.settle() for phone in phones[place::_THREADS]], range(_THREADS))
    wrong = [problem for phone in phones for problem in _problems(phone)]
    said = sum(len(phone.said) for phone in phones)
    print(f"  {said:,} operations said, {len(wrong)} lost, doubled or differing")
    for problem in wrong[:10]:
        print(f"    {problem}")
    return len(wrong)


def _problems(phone: Phone) -> list[str]:
    """Return what of a phone's day is not on the server as it said it, by what the server sends back."""
    back = phone.held["ops"]
    found = [f"{one['kind']} waits" for one in phone.waiting.values()]
    found += [f"{one['kind']} is not there" for key, one in phone.said.items() if key not in back]
    found += [
        f"{one['kind']}: {back[key]['outcome']} {back[key]['outcome_code']}"
        for key, one in phone.said.items()
        if key in back and back[key]["outcome"] != "applied"
    ]
    found += [f"{key} was never said" for key in back if key not in phone.said]
    for visit in phone.held["work_orders"].values():
        said = {one["kind"] for one in phone.said.values() if one["assignment_id"] == visit["assignment_id"]}
        verbs = Counter(step["verb"] for step in visit["steps"])
        found += [
            f"{kind} is {verbs[kind]} times in the log of {visit['number']}"
            for kind in said - {"note"}
            if verbs[kind] != 1
        ]
    return found


def _all(do: Callable[[int], object], places: range) -> None:
    threads = [threading.Thread(target=do, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
