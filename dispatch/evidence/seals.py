"""Seals: the end of a visit's chain is signed by a job once the visit is over, and anew when more came.

It is a job, so that a key that cannot be read never keeps an engineer from closing a visit, and only workers
need the key. What could not be sealed is tried again every hour.
"""

from __future__ import annotations

import uuid

from sqlalchemy import select

from core import clock, jobs
from core.auth.actors import system
from core.db import db
from core.errors import Conflict, mark
from dispatch.evidence import keys, rules
from dispatch.evidence.links import links_of, seals_of
from dispatch.evidence.models import EvidenceChain, EvidenceSeal
from dispatch.workorders.models import Visit

SEAL, SEAL_REST = "evidence.seal", "evidence.seal_rest"


class ChainBroken(Conflict):
    """A chain does not hold: a signature under it would make good what somebody changed."""

    code = "chain_broken"


@jobs.handles(SEAL)
def _seal(run: jobs.JobRun) -> None:
    """Sign the end of a chain, unless it is signed, or the visit goes on.

    Raises
    ------
    KeyUnusable
    ChainBroken
        It is not signed; `flask evidence verify` tells what is wrong.
    """
    key = keys.private_key()
    visit_id = uuid.UUID(run.payload["visit_id"])
    with run.finishing(system("evidence")):
        held = select(EvidenceChain).where(EvidenceChain.visit_id == visit_id).with_for_update()
        chain = db.session.scalars(held.execution_options(populate_existing=True)).one()
        status = db.session.scalar(select(Visit.status).where(Visit.id == visit_id))
        if status not in rules.CLOSED or chain.sealed_number >= chain.number:
            return
        _check(chain)
        now = clock.now()
        made = keys.seal(key, str(visit_id), chain.number, chain.digest, rules.told(now))
        db.session.add(EvidenceSeal(**{**vars(made), "visit_id": visit_id, "sealed_at": now}))
        chain.sealed_number = chain.number


def _check(chain: EvidenceChain) -> None:
    links = links_of(chain.visit_id)
    faults = [*rules.chain_faults(str(chain.visit_id), links)]
    faults += rules.seal_faults(links, seals_of(chain.visit_id))
    if faults or not links or (links[-1].number, links[-1].digest) != (chain.number, chain.digest):
        raise ChainBroken(
            mark("The evidence of visit %(visit)s was changed and is not sealed: run flask evidence verify."),
            visit=str(chain.visit_id),
        )


def enqueue_rest() -> None:
    """Have what could not be sealed tried again."""
    jobs.enqueue(SEAL_REST, {}, key=f"{SEAL_REST}:{clock.now():%Y-%m-%dT%H}")


@jobs.handles(SEAL_REST)
def _seal_rest(run: jobs.JobRun) -> None:
    with run.finishing(system("evidence")):
        query = select(EvidenceChain.visit_id, EvidenceChain.number).join(
            Visit, Visit.id == EvidenceChain.visit_id
        )
        waiting = EvidenceChain.sealed_number < EvidenceChain.number, Visit.status.in_(rules.CLOSED)
        for visit_id, number in db.session.execute(query.where(*waiting)).all():
            key = f"{SEAL}:{visit_id}:{number}:{clock.now():%Y-%m-%dT%H}"
            jobs.enqueue(SEAL, {"visit_id": str(visit_id)}, key=key)
