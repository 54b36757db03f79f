"""The home healthcare set (HHCRSP): its instances, its rules, and what routes cost.

Knows nothing of the optimizer, so that it can judge any solver's routes. Caregivers leave the
office at 0 or later and come back; a visit needs one of their abilities and starts when the
patient's window opens or later; starting after its close is tardiness. A double service takes two
caregivers, at once or the second a least and a most time after the first, start to start. The cost
is (distance + total tardiness + greatest tardiness) / 3; distances are times too.
"""

import itertools
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TOLERANCE = 1e-6

#: A patient and one of the services the patient needs.
Visit = tuple[str, str]
#: By caregiver: the visits in order.
Routes = Mapping[str, Sequence[Visit]]


@dataclass(frozen=True, kw_only=True)
class Patient:
    """Somebody to be visited.

    Parameters
    ----------
    place : int
        Index into the distances; the office is 0.
    opens, closes : float
    durations : dict of str to float
        By service, in order: of two in sequence the first comes first.
    gap : (least, most), optional
        From the start of the first of two services to that of the second; both 0: at once.
    """

    place: int
    opens: float
    closes: float
    durations: dict[str, float]
    gap: tuple[float, float] | None = None


@dataclass(frozen=True)
class Instance:
    """Patients, the abilities of the caregivers, and the distances between places."""

    patients: dict[str, Patient]
    caregivers: dict[str, frozenset[str]]
    distances: Sequence[Sequence[float]]

    def visits(self) -> Iterator[Visit]:
        """Yield every visit that is to be made."""
        for id_, patient in self.patients.items():
            for service in patient.durations:
                yield id_, service


@dataclass(frozen=True)
class Cost:
    """What routes cost, and of what it is made."""

    distance: float
    total_tardiness: float
    max_tardiness: float

    @property
    def total(self) -> float:
        """The cost that counts."""
        return (self.distance + self.total_tardiness + self.max_tardiness) / 3


def read(path: Path) -> Instance:
    """Return the instance of a file."""
    return instance_of(json.loads(path.read_text(encoding="utf-8")))


def instance_of(day: Mapping[str, Any]) -> Instance:
    """Return an instance, given what its JSON says.

    Raises
    ------
    ValueError
        More than one office, or distances that are not those of office and patients.
    """
    usual = {one["id"]: one["default_duration"] for one in day["services"]}
    patients = {}
    for place, one in enumerate(day["patients"], start=1):
        together = one.get("synchronization")
        simultaneous = together is not None and together["type"] == "simultaneous"
        patients[one["id"]] = Patient(
            place=place,
            opens=one["time_window"][0],
            closes=one["time_window"][1],
            durations={
                need["service"]: need.get("duration", usual[need["service"]])
                for need in one["required_caregivers"]
            },
            gap=(0, 0) if simultaneous else tuple(together["distance"]) if together else None,
        )
    if len(day["central_offices"]) != 1 or len(day["distances"]) != len(patients) + 1:
        raise ValueError("there must be one office, and distances from it and from every patient")
    caregivers = {one["id"]: frozenset(one["abilities"]) for one in day["caregivers"]}
    return Instance(patients, caregivers, day["distances"])


def violations(instance: Instance, routes: Routes) -> list[str]:
    """Return a sentence for every rule that routes break; none for a solution."""
    wanted = list(instance.visits())
    made = Counter(visit for route in routes.values() for visit in route)
    unknown = [f"there is no caregiver {id_}" for id_ in routes if id_ not in instance.caregivers]
    unknown += [f"patient {one[0]} needs no {one[1]}" for one in made if one not in wanted]
    if unknown:
        return unknown
    found = [f"{one[1]} of patient {one[0]} is given {made[one]} times" for one in wanted if made[one] != 1]
    for id_, route in routes.items():
        for patient, service in route:
            if service not in instance.caregivers[id_]:
                found.append(f"caregiver {id_} is not able to give {service} to patient {patient}")
        for patient, times in Counter(patient for patient, _ in set(route)).items():
            if times > 1:
                found.append(f"caregiver {id_} is both caregivers of patient {patient}")
    if not found and starts(instance, routes) is None:
        found.append("double services cannot be met with these routes")
    return found


def starts(instance: Instance, routes: Routes) -> dict[Visit, float] | None:
    """Return the earliest start of every visit, all at once; None where gaps cannot be kept.

    No start can come earlier than these, whatever else is put off, so no other timing of the same
    routes is less tardy.
    """
    least = {}
    follows: list[tuple[Visit, Visit, float]] = []
    for route in routes.values():
        for visit in route:
            patient = instance.patients[visit[0]]
            least[visit] = patient.opens
        if route:
            least[route[0]] = max(
                least[route[0]], instance.distances[0][instance.patients[route[0][0]].place]
            )
        for before, after in itertools.pairwise(route):
            here, there = instance.patients[before[0]], instance.patients[after[0]]
            follows.append(
                (before, after, here.durations[before[1]] + instance.distances[here.place][there.place])
            )
    for id_, patient in instance.patients.items():
        if patient.gap is not None:
            first, second = ((id_, service) for service in patient.durations)
            follows += [(first, second, patient.gap[0]), (second, first, -patient.gap[1])]
    for _ in range(len(least) + 1):
        moved = False
        for before, after, gap in follows:
            if least[before] + gap > least[after] + _TOLERANCE / 1_000:
                least[after], moved = least[before] + gap, True
        if not moved:
            return least
    return None


def cost(instance: Instance, routes: Routes) -> Cost:
    """Return what routes cost at their earliest starts; only for routes without violations."""
    at = starts(instance, routes)
    if at is None:
        raise ValueError("double services cannot be met with these routes")
    distance = 0.0
    for route in routes.values():
        places = [0, *(instance.patients[patient].place for patient, _ in route), 0]
        distance += math.fsum(instance.distances[a][b] for a, b in itertools.pairwise(places))
    tardy = [max(0.0, start - instance.patients[patient].closes) for (patient, _), start in at.items()]
    return Cost(distance, math.fsum(tardy), max(tardy, default=0.0))
