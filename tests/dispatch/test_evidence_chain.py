"""What is received at a visit is chained and sealed, and whoever changes any of it is found out."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core import clock, jobs
from core.db import db, transaction
from dispatch.evidence import notes, rules, seals, verification
from dispatch.evidence.links import links_of, seals_of
from dispatch.evidence.models import EvidenceChain, EvidenceLink, EvidenceSeal, Note
from dispatch.evidence.rules import Link
from dispatch.workorders import visits
from dispatch.workorders.models import Visit, VisitEvent
from tests.dispatch.evidence_day import Day, work_off
from tests.dispatch.workorder_world import MORNING, World
from tests.together import at_once

DAY_LONG = [
    "event",  # dispatched here, before the phone said anything
    "event",
    "event",
    "event",
    "position",  # on arrival
    "position",  # checked in
    "event",
    "attachment_named",
    "attachment_bytes",
    "note",
    "attachment_named",
    "event",
    "closing",
    "attachment_shown",
]


def kinds(visit_id: uuid.UUID) -> list[str]:
    return [link.kind for link in links_of(visit_id)]


def faults(day: Day) -> list[str]:
    db.session.rollback()
    return verification.faults_of(day.visit.id)


def test_a_whole_day_is_chained_and_sealed_and_what_comes_late_is_sealed_anew(day: Day) -> None:
    day.work()
    links = links_of(day.visit.id)
    assert sorted(link.kind for link in links) == sorted(DAY_LONG)
    assert [link.number for link in links] == list(range(1, len(links) + 1))
    assert list(rules.chain_faults(str(day.visit.id), links)) == []
    first = [seal.number for seal in seals_of(day.visit.id)]
    assert first[-1] == len(links)
    day.late()
    assert kinds(day.visit.id)[len(links) :] == ["attachment_bytes", "attachment_shown"]
    sealed = [seal.number for seal in seals_of(day.visit.id)]
    assert sealed[: len(first)] == first
    assert sealed[-1] == len(links) + 2
    assert faults(day) == []
    result = day.run("verify", "--all")
    assert (result.exit_code, result.output) == (0, f"Good: 1 visits, {len(links) + 2} links.\n")
    assert day.run("verify", str(day.visit.id)).exit_code == 0


def test_the_key_is_made_once_and_only_its_owner_reads_it(day: Day) -> None:
    day.work()
    private, public = day.keys / "evidence.key", day.keys / "evidence.pub"
    assert oct(private.stat().st_mode)[-3:] == "600"
    before = private.read_bytes(), public.read_bytes()
    day.late()
    assert (private.read_bytes(), public.read_bytes()) == before
    assert b"PRIVATE" not in before[1]


def test_a_visit_that_goes_on_is_not_sealed_until_it_is_over(day: Day) -> None:
    for kind in ("accept", "depart"):
        day.tell(kind)
    work_off()
    assert seals_of(day.visit.id) == []
    assert faults(day) == []
    day.world.do(visits.cancel, day.visit, reason="not needed")
    assert set(work_off()) == {"done"}
    assert kinds(day.visit.id)[-2:] == ["event", "closing"]
    assert len(seals_of(day.visit.id)) == 1


def test_what_a_savepoint_took_back_is_not_attested(world_alone: World) -> None:
    visit = world_alone.dispatched()
    with transaction(world_alone.actor) as session:
        nested = session.begin_nested()
        write(world_alone, visit, "taken back")
        nested.rollback()
        write(world_alone, visit, "stays")
    links = [link for link in links_of(visit.id) if link.kind == "note"]
    assert [link.said()["text"] for link in links] == ["stays"]


def test_a_transaction_that_failed_leaves_nothing_to_the_next(world_alone: World) -> None:
    visit = world_alone.dispatched()

    def fail() -> None:
        with transaction(world_alone.actor):
            write(world_alone, visit, "lost")
            raise RuntimeError("broken off")

    with pytest.raises(RuntimeError, match="broken off"):
        fail()
    with transaction(world_alone.actor):
        write(world_alone, visit, "stays")
    assert [one.said()["text"] for one in links_of(visit.id) if one.kind == "note"] == ["stays"]


def test_a_chain_that_begins_late_brings_along_what_was_there(world_alone: World) -> None:
    visit = world_alone.dispatched()
    world_alone.carry_out(visit, "accept", "depart")
    forget_chains()
    world_alone.carry_out(db.session.get_one(Visit, visit.id), "arrive")
    assert kinds(visit.id) == ["event"] * 4 + ["position"]
    assert verification.faults_of(visit.id) == []


def forget_chains() -> None:
    """Empty the chain's tables, as they are when they are new."""
    db.session.rollback()
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("TRUNCATE evidence_link, evidence_seal, evidence_chain")
        else:
            sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'evidence%'"
            triggers = connection.exec_driver_sql(sql).all()
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for table in ("evidence_link", "evidence_seal", "evidence_chain"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
            for _, trigger in triggers:
                connection.exec_driver_sql(trigger)
        connection.commit()


@pytest.fixture
def world_alone(app: Any, actor: Any, own_files: None) -> Any:
    with clock.freeze(MORNING):
        yield World(actor)


def write(world: World, visit: Visit, text: str) -> None:
    notes.write(world.actor, uuid.uuid4(), visit=visit, text=text, at=clock.now())


def test_eight_writers_at_once_do_not_fork_a_chain(world_alone: World) -> None:
    visit, other = world_alone.dispatched(), world_alone.dispatched()

    def writes(name: str) -> Any:
        def do() -> int:
            for count in range(8):
                with transaction(world_alone.actor):
                    for one in (visit, other) if count % 2 else (other, visit):
                        write(world_alone, db.session.get_one(Visit, one.id), f"{name} {count}")
            return 8

        return do

    assert at_once(*(writes(f"writer {n}") for n in range(8))) == [8] * 8
    for one in (visit, other):
        links = links_of(one.id)
        assert [link.kind for link in links] == ["event"] + ["note"] * 64
        assert verification.faults_of(one.id) == []


def test_notes_and_steps_at_once_neither_fork_nor_wait_for_each_other(world_alone: World) -> None:
    four = [world_alone.dispatched() for _ in range(4)]

    def steps(visit: Visit) -> Any:
        def do() -> str:
            world_alone.carry_out(visit, "accept", "depart", "arrive", "start", "hold", "resume", "complete")
            return "over"

        return do

    def scribble(visit: Visit) -> Any:
        def do() -> str:
            for count in range(10):
                with transaction(world_alone.actor):
                    write(world_alone, db.session.get_one(Visit, visit.id), f"{count}")
            return "written"

        return do

    doings = [make(visit) for visit in four for make in (steps, scribble)]
    assert at_once(*doings) == ["over", "written"] * 4
    assert set(work_off()) == {"done"}
    for visit in four:
        assert len(links_of(visit.id)) == 1 + 7 + 1 + 1 + 10
        assert verification.faults_of(visit.id) == []
        assert seals_of(visit.id)[-1].number == len(links_of(visit.id))


TAMPERED = [
    ("visit_event", "UPDATE visit_event SET reason = 'x' WHERE verb = 'complete'", 'reason is "x"'),
    (
        "visit_event",
        "UPDATE visit_event SET to_status = 'incomplete' WHERE verb = 'complete'",
        "to_status is",
    ),
    ("visit_event", "DELETE FROM visit_event WHERE verb = 'start'", "is gone"),
    ("visit_note", "UPDATE visit_note SET text = 'The cellar is dry.'", 'text is "The cellar is dry."'),
    ("position", "UPDATE position SET lat = 31.5 WHERE kind = 'check_in'", "lat is 31.5"),
    ("position", "UPDATE position SET lon = 120 WHERE kind = 'check_in'", "lon is 120"),
    ("attachment", "UPDATE attachment SET signer = 'Han Meimei' WHERE kind = 'signature'", "signer is"),
    (
        "attachment",
        "UPDATE attachment SET taken_at = '2026-11-22 01:00:00+00' WHERE kind = 'photo'",
        "taken_at",
    ),
    ("evidence_link", "UPDATE evidence_link SET facts = '{}' WHERE number = 4", "facts of link 4|link 4"),
    (
        "evidence_link",
        "UPDATE evidence_link SET previous = digest WHERE number = 3",
        "link 3 does not follow",
    ),
    ("evidence_link", "DELETE FROM evidence_link WHERE number = 5", "link 5 is missing"),
    ("evidence_link", "DELETE FROM evidence_link WHERE number > 12", "the last are missing"),
    ("evidence_link", "UPDATE evidence_link SET kind = 'note' WHERE number = 2", "link 2 (note) was changed"),
    ("evidence_seal", "DELETE FROM evidence_seal", "is not sealed"),
    ("evidence_seal", "UPDATE evidence_seal SET signature = 'AAAA'", "signature of seal"),
    ("evidence_chain", "DELETE FROM evidence_chain", "the row that says where its chain ends is gone"),
]


@pytest.mark.parametrize(("table", "statement", "sentence"), TAMPERED, ids=[row[1] for row in TAMPERED])
def test_what_is_changed_around_the_program_is_named(
    day: Day, table: str, statement: str, sentence: str
) -> None:
    day.work()
    with clock.freeze(clock.now() + timedelta(hours=1)):
        assert faults(day) == []
        day.tamper(statement)
        result = day.run("verify", "--all")
    assert result.exit_code == 1
    told = result.stdout
    assert any(each in told for each in sentence.split("|")), told
    assert f"({day.visit.id})" in told


def test_an_event_added_around_the_program_is_named(day: Day) -> None:
    day.work()
    copied = "visit_id, verb, at, actor_id, actor_name, reason, facts, from_status, to_status"
    day.tamper(f"INSERT INTO visit_event ({copied}) SELECT {copied} FROM visit_event WHERE verb = 'arrive'")
    assert any("is not in the chain: it was added around the program" in one for one in faults(day))


def test_a_chain_taken_away_whole_is_missed(day: Day) -> None:
    day.work()
    with clock.freeze(clock.now() + timedelta(minutes=1)):
        other = day.world.dispatched()
    mine = f"WHERE visit_id = {day.sql_id(other.id)}"
    day.tamper(*(f"DELETE FROM {name} {mine}" for name in ("evidence_link", "evidence_chain")))
    with clock.freeze(clock.now() + timedelta(hours=1)):
        result = day.run("verify", "--all")
    assert result.exit_code == 1
    assert "its chain is gone" in result.stdout


def test_a_chain_made_anew_by_somebody_does_not_fit_its_seal_and_is_not_sealed(day: Day) -> None:
    day.work()
    rewrite(day, "The cellar is dry.")
    found = faults(day)
    assert any("was set under another chain" in one for one in found), found
    day.signed.create(day.signed.data)
    assert "failed" in work_off()
    assert len(seals_of(day.visit.id)) == 1
    job = db.session.scalars(select(jobs.Job).where(jobs.Job.status == "failed")).first()
    assert job is not None
    assert "was changed and is not sealed" in (job.error or "")


def rewrite(day: Day, text: str) -> None:
    """Change a note and make all links after it anew, as somebody would who knows how."""
    links, end = links_of(day.visit.id), (0, rules.first_previous(str(day.visit.id)))
    statements = ["UPDATE visit_note SET text = '" + text + "'"]
    mine = f"visit_id = {day.sql_id(day.visit.id)}"
    for link in links:
        said = {**link.said(), "text": text} if link.kind == "note" else link.said()
        facts = rules.canonical(said) if link.kind == "note" else str(link.facts)
        open_end = Link(
            **{**vars(link), "facts": facts, "facts_sha256": rules.sha256_of(facts), "previous": end[1]}
        )
        end = (link.number, open_end.digest_due())
        quoted = facts.replace("'", "''").replace("%", "%%").replace(":", ":")
        statements.append(
            f"UPDATE evidence_link SET facts = '{quoted}', previous = '{open_end.previous}', "
            f"digest = '{end[1]}' WHERE number = {link.number} AND {mine}"
        )
    statements.append(f"UPDATE evidence_chain SET digest = '{end[1]}' WHERE {mine}")
    day.tamper(*statements)


def kept_file(day: Day, data: bytes) -> Any:
    sha256 = hashlib.sha256(data).hexdigest()
    return day.keys.parent / "files" / sha256[:2] / sha256[2:4] / sha256


def test_a_swapped_photo_and_a_missing_one_are_named(day: Day) -> None:
    day.work()
    day.late()
    kept_file(day, day.photo.data).write_bytes(b"another picture")
    kept_file(day, day.signed.data).unlink()
    found = faults(day)
    assert [one for one in found if str(day.photo.attachment_id) in one and "was swapped" in one]
    assert [one for one in found if str(day.signed.attachment_id) in one and "is missing" in one]
    assert len(found) == 2


def test_a_row_that_names_another_file_is_named(day: Day) -> None:
    day.work()
    day.tamper(f"UPDATE attachment SET sha256 = '{'0' * 64}' WHERE kind = 'photo'")
    assert any("sha256 is" in one and str(day.photo.attachment_id) in one for one in faults(day))


def test_a_foreign_key_seals_nothing_and_is_named(day: Day) -> None:
    day.work()
    private = day.keys / "evidence.key"
    private.write_bytes(pem(Ed25519PrivateKey.generate()))
    day.signed.create(day.signed.data)
    assert "failed" in work_off()
    assert "is not the one whose public key is" in day.run("verify", "--all").output
    (day.keys / "evidence.pub").unlink()
    assert any("signed with a key that is not known here" in one for one in faults(day))


def pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_damaged_key_keeps_nobody_from_working_and_the_hourly_job_seals_later(
    day: Day, content: bytes
) -> None:
    day.keys.mkdir(parents=True)
    private = day.keys / "evidence.key"
    private.write_bytes(content)
    day.work()
    assert day.visit.id is not None
    assert seals_of(day.visit.id) == []
    job = db.session.scalars(select(jobs.Job).where(jobs.Job.kind == seals.SEAL)).first()
    assert job is not None
    assert "is no Ed25519 key" in (job.error or "")
    private.unlink()
    with clock.freeze(clock.now() + timedelta(hours=1)):
        assert any("is not sealed" in one for one in faults(day))
        with transaction(day.actor):
            seals.enqueue_rest()
        assert set(work_off()) == {"done"}
        assert faults(day) == []


def test_a_key_of_ones_own_seals_and_is_never_made(day: Day, tmp_path: Path) -> None:
    named = tmp_path / "own.key"
    settings = day.app.config["SETTINGS"]
    day.app.config["SETTINGS"] = dataclasses.replace(settings, evidence_key_file=str(named))
    day.work()
    assert seals_of(day.visit.id) == []
    assert not named.exists()
    errors = db.session.scalars(select(jobs.Job.error).where(jobs.Job.kind == seals.SEAL)).all()
    assert all("cannot be read: No such file or directory" in str(error) for error in errors)
    named.write_bytes(pem(Ed25519PrivateKey.generate()))
    day.signed.create(day.signed.data)
    assert set(work_off()) == {"done"}
    assert named.with_suffix(".pub").exists()
    assert faults(day) == []


def test_old_seals_are_good_as_long_as_their_public_key_is_kept(day: Day) -> None:
    day.work()
    (day.keys / "evidence.pub").rename(day.keys / "before.pub")
    (day.keys / "evidence.key").unlink()
    day.signed.create(day.signed.data)
    assert set(work_off()) == {"done"}
    assert len({seal.fingerprint for seal in seals_of(day.visit.id)}) == 2
    assert faults(day) == []
    (day.keys / "before.pub").unlink()
    assert any("signed with a key that is not known here" in one for one in faults(day))


def test_links_and_seals_cannot_be_changed_through_the_database(day: Day) -> None:
    day.work()
    for model in (EvidenceLink, EvidenceSeal):
        row = db.session.scalars(select(model)).first()
        with pytest.raises(Exception, match="append-only"), transaction(day.actor):  # noqa: B017
            db.session.delete(db.session.merge(row))


def test_the_end_row_counts_what_is_there(day: Day) -> None:
    day.work()
    end = db.session.get_one(EvidenceChain, day.visit.id)
    assert (end.number, end.digest) == (len(DAY_LONG), links_of(day.visit.id)[-1].digest)
    assert end.sealed_number == end.number
    assert len(db.session.scalars(select(VisitEvent)).all()) == DAY_LONG.count("event")
    assert len(db.session.scalars(select(Note)).all()) == 1


FACTS = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=8), max_size=4
)


@given(
    facts=st.lists(FACTS, min_size=1, max_size=5),
    place=st.integers(0, 10_000),
    shift=st.integers(1, 127),
    where=st.integers(0, 10_000),
)
def test_any_change_of_any_character_of_any_links_facts_is_found(
    facts: list[dict[str, Any]], place: int, shift: int, where: int
) -> None:
    visit_id = str(uuid.UUID(int=1))
    links: list[Link] = []
    end = (0, rules.first_previous(visit_id))
    for number, said in enumerate(facts):
        links.append(rules.next_link(visit_id, end, "note", str(number), MORNING, said))
        end = (links[-1].number, links[-1].digest)
    assert list(rules.chain_faults(visit_id, links)) == []
    link = links[where % len(links)]
    text = str(link.facts)
    at = place % len(text)
    changed = text[:at] + chr((ord(text[at]) + shift) % 128) + text[at + 1 :]
    links[link.number - 1] = Link(**{**vars(link), "facts": changed})
    assert list(rules.chain_faults(visit_id, links)) == [
        f"the facts of link {link.number} (note) were changed"
    ]
    links[link.number - 1] = Link(
        **{**vars(link), "facts": changed, "facts_sha256": rules.sha256_of(changed)}
    )
    assert any(f"link {link.number} " in one for one in rules.chain_faults(visit_id, links))


@given(
    st.integers(0, 5), st.sampled_from(["subject_id", "received_at", "previous", "digest", "facts_sha256"])
)
def test_any_other_change_of_a_link_is_found_too(where: int, name: str) -> None:
    visit_id = str(uuid.UUID(int=1))
    links: list[Link] = []
    end = (0, rules.first_previous(visit_id))
    for number in range(6):
        links.append(rules.next_link(visit_id, end, "note", str(number), MORNING, {"n": number}))
        end = (links[-1].number, links[-1].digest)
    links[where] = Link(**{**vars(links[where]), name: "x" + str(getattr(links[where], name))})
    assert list(rules.chain_faults(visit_id, links))
    del links[where]
    assert where == 5 or list(rules.chain_faults(visit_id, links))


def test_a_canonical_text_is_the_same_whatever_the_order_of_its_keys() -> None:
    one, other = {"b": [1, {"d": None, "c": "é"}], "a": 1.5}, {"a": 1.5, "b": [1, {"c": "é", "d": None}]}
    assert rules.canonical(one) == rules.canonical(other) == '{"a":1.5,"b":[1,{"c":"\\u00e9","d":null}]}'
    assert json.loads(rules.canonical(one)) == one
