"""How long slot quotes take over HTTP: a made-up town with 500 orders, planned; one server, one client.

.venv/bin/python -m benchmarks.slots_http

Says when the search is ready in a new server, how long the first quote takes (the plan is loaded), and p50
and p99 of those after it: one slot and a whole day for callers at places of their own, and one slot for
orders that have a place in the plan already.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from flask_migrate import upgrade
from sqlalchemy import select

from core import clock
from core.auth import people, tokens
from core.auth.actors import system
from core.config import Settings
from core.db import db, transaction
from core.worker import Worker
from dispatch.customers.models import Site
from dispatch.demo.load import load_town
from dispatch.planning import runs
from dispatch.workorders.models import Visit
from wsgi import create_app

ROOT = Path(__file__).parent.parent
MORNING = datetime.fromisoformat("2026-11-23T06:00:00+08:00")


class Server:
    """A client of the server; every question goes over one connection."""

    def __init__(self, port: int, secret: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def ask(self, body: dict[str, Any]) -> tuple[int, dict[str, Any], float]:
        """Return status, answer and how long it took [ms]."""
        began = time.perf_counter()
        self.connection.request("POST", "/api/v1/planning/slots", json.dumps(body), self.headers)
        response = self.connection.getresponse()
        told = response.read()
        return response.status, json.loads(told), (time.perf_counter() - began) * 1_000


def prepare(engineers: int, orders: int) -> tuple[str, list[tuple[float, float]], list[str]]:
    """Make the town and its plan; return a dispatcher's token, places, and planned orders."""
    app = create_app(Settings.from_env())
    with app.app_context():
        upgrade()
        with transaction(system("benchmark")) as session:
            load_town(session.info["actor"], 1, engineers=engineers, orders=orders)
            user = people.add(
                session.info["actor"], email="who@example.org", name="who", roles=["dispatcher"]
            )
            _, secret = tokens.issue(people.actor_of(user), name="benchmark")
        who = system("benchmark")
        with transaction(who):
            now = clock.now()
            span = {"starts_at": now, "ends_at": now + timedelta(days=1)}
            run_id = runs.request_run(who, **span, time_limit_s=10, auto_publish=True).id
        Worker(app).run(until_idle=True)
        run = runs.run_of(who, run_id)
        print(f"{run.after['planned']} visits planned, {run.after['unplanned']} left out")
        places = [(row.lat, row.lon) for row in db.session.execute(select(Site.lat, Site.lon)) if row.lat]
        planned = select(Visit.order_id).where(Visit.status == "dispatched")
        return secret, places, [str(one) for one in db.session.scalars(planned)]


def told(what: str, took: list[float]) -> None:
    """Print p50 and p99 [ms]."""
    p50, p99 = np.percentile(took, [50, 99])
    print(f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {max(took):.1f} ms of {len(took)}")


def measure(server: Server, places: list[tuple[float, float]], orders: list[str], count: int) -> None:
    """Ask and print."""
    draw = random.Random(1)

    def slot() -> list[dict[str, str]]:
        from_at = MORNING + timedelta(hours=draw.randint(3, 9))
        return [{"starts_at": from_at.isoformat(), "ends_at": (from_at + timedelta(hours=2)).isoformat()}]

    def caller() -> dict[str, Any]:
        lat, lon = draw.choice(places)
        return {"lat": lat + draw.uniform(-0.01, 0.01), "lon": lon, "duration_s": 3_600}

    def each(bodies: list[dict[str, Any]]) -> list[float]:
        answers = [server.ask(body) for body in bodies]
        assert {status for status, _, _ in answers} == {200}, answers[0]
        share = np.mean([bool(answer["offers"]) for _, answer, _ in answers])
        print(f"  ({share:.0%} with an offer)")
        return [took for _, _, took in answers]

    began = time.perf_counter()
    while True:
        status, answer, took = server.ask({"draft": caller(), "slots": slot()})
        if status != 503:
            break
        time.sleep(0.2)
    assert status == 200, answer
    print(f"ready {time.perf_counter() - began:.1f} s after the server answers")
    print(f"first quote, the plan is loaded: {took:.0f} ms")
    told("a caller, one slot", each([{"draft": caller(), "slots": slot()} for _ in range(count)]))
    day = {"day": MORNING.date().isoformat(), "days": 1}
    told("a caller, the slots of a day", each([{"draft": caller(), **day} for _ in range(count)]))
    bodies = [{"order_id": one, "slots": slot()} for one in draw.sample(orders, min(count, len(orders)))]
    told("an order that is planned, one slot", each(bodies))


def main() -> None:
    """Run once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--engineers", type=int, default=71)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--port", type=int, default=8_765)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        anchor = datetime.now(MORNING.tzinfo).isoformat()
        os.environ |= {"DATA_DIR": folder, "CLOCK_START": MORNING.isoformat(), "CLOCK_ANCHOR": anchor}
        os.environ |= {"LOG_LEVEL": "ERROR", "PAIDAN_BIND": f"127.0.0.1:{args.port}"}
        secret, places, orders = prepare(args.engineers, args.orders)
        command = [sys.executable, "-m", "gunicorn", "-c", "python:deploy.web_server"]
        served = subprocess.Popen(command, cwd=ROOT)
        try:
            server = Server(args.port, secret)
            while True:
                try:
                    server.ask({})
                    break
                except OSError:
                    server.connection.close()
                    time.sleep(0.2)
            measure(server, places, orders, args.requests)
        finally:
            served.terminate()
            served.wait()


if __name__ == "__main__":
    main()
