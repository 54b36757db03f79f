"""Linked tasks, and depots: for each rule what keeps it and what breaks it."""

from dataclasses import replace

from optimizer import Link, Lock, Rule, Unplanned
from tests.optimizer.small import (
    APART,
    CREW,
    IN_TURN,
    PLAIN,
    SHELF,
    TWO,
    Case,
    fetched,
    plan,
    problem,
    route,
    stop,
)

CASES: list[Case] = [
    (
        "gap from the end",
        Rule.LINK_GAP,
        (problem(*TWO, links=(Link(before="A", after="B", min_gap_s=600, max_gap_s=600),)), IN_TURN),
        (problem(*TWO, links=(Link(before="A", after="B", min_gap_s=601),)), IN_TURN),
    ),
    (
        "gap from the start",
        Rule.LINK_GAP,
        (
            problem(
                *TWO, crew=CREW, links=(Link(before="A", after="B", max_gap_s=600, measured_from="start"),)
            ),
            APART,
        ),
        (
            problem(
                *TWO, crew=CREW, links=(Link(before="A", after="B", max_gap_s=599, measured_from="start"),)
            ),
            APART,
        ),
    ),
    (
        "same engineer",
        Rule.LINK_ENGINEERS,
        (problem(*TWO, crew=CREW, links=(Link(before="A", after="B", engineers="same"),)), IN_TURN),
        (
            problem(
                *TWO, crew=CREW, links=(Link(before="A", after="B", measured_from="start", engineers="same"),)
            ),
            APART,
        ),
    ),
    (
        "different engineers",
        Rule.LINK_ENGINEERS,
        (
            problem(
                *TWO,
                crew=CREW,
                links=(Link(before="A", after="B", measured_from="start", engineers="different"),),
            ),
            APART,
        ),
        (problem(*TWO, crew=CREW, links=(Link(before="A", after="B", engineers="different"),)), IN_TURN),
    ),
    (
        "links between locked tasks are the dispatcher's",
        Rule.LINK_GAP,
        (
            problem(
                *(replace(one, lock=Lock("E")) for one in TWO),
                links=(Link(before="A", after="B", min_gap_s=601),),
            ),
            IN_TURN,
        ),
        (
            problem(
                replace(TWO[0], lock=Lock("E")), TWO[1], links=(Link(before="A", after="B", min_gap_s=601),)
            ),
            IN_TURN,
        ),
    ),
    (
        "second without first",
        Rule.LINK_BOTH,
        (problem(*TWO, links=(Link(before="A", after="B"),)), plan(unplanned=(Unplanned("B"),))),
        (problem(*TWO, links=(Link(before="B", after="A"),)), plan(unplanned=(Unplanned("B"),))),
    ),
    (
        "first without second",
        Rule.LINK_BOTH,
        (problem(*TWO, links=(Link(before="A", after="B"),)), plan(unplanned=(Unplanned("B"),))),
        (problem(*TWO, links=(Link(before="A", after="B", max_gap_s=0),)), plan(unplanned=(Unplanned("B"),))),
    ),
    (
        "depot closed",
        Rule.DEPOT_WINDOW,
        (problem(depots=(SHELF,)), fetched(700)),
        (problem(depots=(SHELF,)), fetched(701)),
    ),
    (
        "depot not open yet",
        Rule.DEPOT_WINDOW,
        (problem(depots=(replace(SHELF, windows=((600, 700),)),)), fetched()),
        (problem(depots=(replace(SHELF, windows=((601, 700),)),)), fetched()),
    ),
    (
        "depot short of a part",
        Rule.DEPOT_STOCK,
        (problem(depots=(SHELF,)), fetched(parts=(("pump", 2),))),
        (problem(depots=(SHELF,)), fetched(parts=(("pump", 3),))),
    ),
    (
        "depot without a part",
        Rule.DEPOT_STOCK,
        (problem(depots=(SHELF,)), fetched()),
        (problem(depots=(replace(SHELF, parts=()),)), fetched()),
    ),
    (
        "depot without a tool",
        Rule.DEPOT_STOCK,
        (problem(depots=(SHELF,)), fetched(tools=("ladder",))),
        (problem(depots=(SHELF,)), fetched(tools=("saw",))),
    ),
    (
        "brought to a depot",
        Rule.DEPOT_STOCK,
        (problem(depots=(SHELF,)), fetched()),
        (problem(depots=(SHELF,)), fetched(parts=(("pump", -1),))),
    ),
    (
        "fetched at a task",
        Rule.DEPOT_STOCK,
        (problem(), PLAIN),
        (problem(), plan(route(stop(parts=(("pump", 1),))))),
    ),
    (
        "borrowed at a task",
        Rule.DEPOT_STOCK,
        (problem(), PLAIN),
        (problem(), plan(route(stop(tools=("ladder",))))),
    ),
]
