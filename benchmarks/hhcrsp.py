"""15 home healthcare instances of Mankowska, Meisel and Bierwirth: visits of two, at once or in turn.

The cost is (distance + total tardiness + greatest tardiness) / 3; the gap is to the best published one,
and a plan that leaves visits out or breaks a rule has none. See `hhcrsp_rules` for the rules.
"""

import argparse
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import command, hhcrsp_rules, peers
from benchmarks.data import best_known, require, shared
from benchmarks.hhcrsp_rules import Instance, Routes, Visit
from benchmarks.store import Outcome, Run, Stopwatch
from optimizer import Engineer, Link, Plan, Problem, Shift, Task, Travel
from tests.optimizer.field_service import ONLY_TRAVEL

INSTANCES = tuple(f"{patients}_{number}" for patients in (10, 25, 50, 75, 100) for number in (1, 2, 3))
#: Seconds of the problem in a unit of the set, whose distances have three decimals.
SCALE = 1_000


def name_of(instance: str) -> str:
    """Return the file's name of an instance, such as 10_1."""
    kind = "VNS" if int(instance.split("_")[0]) >= 100 else "CPLEX"
    return f"Instanz{kind}_HCSRP_{instance}.json"


def file_of(instance: str) -> Path:
    """Return the file of an instance."""
    return require(shared("hhcrsp", name_of(instance)))


def problem(instance: Instance) -> Problem:
    """Return an instance as a problem that costs three cents for a thousandth of cost, exactly.

    Tardiness is of the start of a visit, lateness of a task of its end: tasks are due as much later
    as they take. Nobody's day ends before everything can have been done.
    """
    horizon_s = _horizon_s(instance)
    shift = Shift(start_s=0, end_s=horizon_s, start_place=0, end_place=0)
    tasks, links = [], []
    for id_, patient in instance.patients.items():
        for service, duration in patient.durations.items():
            tasks.append(
                Task(
                    id=task_id((id_, service)),
                    place=patient.place,
                    service_s=_scaled(duration),
                    windows=((_scaled(patient.opens), horizon_s),),
                    due_s=_scaled(patient.closes + duration),
                    unplanned_cents=horizon_s,
                    skills=((service, 1),),
                )
            )
        if patient.gap is not None:
            first, second = (task_id((id_, service)) for service in patient.durations)
            links.append(
                Link(
                    before=first,
                    after=second,
                    min_gap_s=_scaled(patient.gap[0]),
                    max_gap_s=_scaled(patient.gap[1]),
                    measured_from="start",
                    engineers="different",
                )
            )
    return Problem(
        tuple(tasks),
        tuple(
            Engineer(id=id_, shifts=(shift,), skills=tuple((ability, 1) for ability in sorted(abilities)))
            for id_, abilities in instance.caregivers.items()
        ),
        Travel(np.array([[_scaled(far) for far in row] for row in instance.distances])),
        links=tuple(links),
        weights=replace(ONLY_TRAVEL, lateness_cents_per_hour=3_600, worst_lateness_cents_per_hour=3_600),
    )


def task_id(visit: Visit) -> str:
    """Return the id of the task a visit is."""
    return " ".join(visit)


def _horizon_s(instance: Instance) -> int:
    """Return a moment by which everything can be done and everybody back, in whatever order."""
    patients = instance.patients.values()
    return sum(
        (
            max(_scaled(patient.closes) for patient in patients),
            sum(_scaled(duration) for patient in patients for duration in patient.durations.values()),
            sum(
                len(patient.durations) * _scaled(max(instance.distances[patient.place]))
                for patient in patients
            ),
            sum(_scaled(patient.gap[1]) for patient in patients if patient.gap is not None),
            _scaled(max(itertools.chain.from_iterable(instance.distances))),
        )
    )


def _scaled(value: float) -> int:
    scaled = round(SCALE * value)
    if abs(scaled - SCALE * value) > 1e-6:
        raise ValueError(f"{value} is finer than a thousandth")
    return scaled


def routes_of(plan: Plan) -> Routes:
    """Return a plan's routes as the set has them."""
    routes = {}
    for route in plan.routes:
        visits = (stop.id.split(" ") for stop in route.stops)
        routes[route.engineer] = [(patient, service) for patient, service in visits]
    return routes


def measure(run: Run) -> Outcome:
    """Return what an engine made of an instance."""
    instance = hhcrsp_rules.read(file_of(run.instance))
    asked = problem(instance)
    peers.prepare(run.engine)
    with Stopwatch() as watch:
        result = peers.result(run.engine, asked, run.limit_s, run.seed, run.threads)
    routes = routes_of(result.plan)
    left_out, broken = len(result.plan.unplanned), hhcrsp_rules.violations(instance, routes)
    cost = None if broken else hhcrsp_rules.cost(instance, routes)
    best = best_known("hhcrsp", "total_cost")[name_of(run.instance)]
    return {
        "cost": cost and round(cost.total, 3),
        "distance": cost and round(cost.distance, 3),
        "total_tardiness": cost and round(cost.total_tardiness, 3),
        "max_tardiness": cost and round(cost.max_tardiness, 3),
        "gap_percent": cost and round(100 * (cost.total / best - 1), 3),
        "left_out": left_out,
        "broken": len(broken) - left_out,  # each visit left out is one of them
        "first_broken": broken[:1],
        "used": result.engine,
        "not_optimised": [notice.about for notice in result.warnings if notice.kind == "not_optimised"],
        "wall_s": watch.wall_s,
        "cpu_s": watch.cpu_s,
    }


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    return peers.code_of(engine, Path(__file__), Path(hhcrsp_rules.__file__))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(parser, INSTANCES, ("paidan",), tuple(peers.OURS), 60.0)


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet, and print the mean gap of every engine."""
    best_known("hhcrsp", "total_cost")
    for instance in arguments.instances:
        file_of(instance)
    columns = {
        "cost": 11,
        "distance": 11,
        "total_tardiness": 16,
        "max_tardiness": 14,
        "gap_percent": 12,
        "left_out": 10,
        "broken": 8,
    }
    rows = command.rows("hhcrsp", arguments, measure, code_of, "cost", columns)
    command.print_gaps(arguments, rows)
    return 0
