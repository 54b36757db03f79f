"""Service reports: what was done, on paper in both languages, and as JSON that proves itself."""

from __future__ import annotations

import copy
import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select

from core import clock
from core.db import db
from dispatch.evidence import keys, report_rules, rules, verification
from dispatch.evidence.rules import Link
from geo.models import Position
from tests.dispatch.evidence_day import NOTE, SOLUTION, Day
from tests.dispatch.workorder_world import MORNING


@pytest.fixture
def done(day: Day) -> Day:
    """A day whose work is done and whose files have come."""
    day.work()
    day.late()
    return day


@pytest.fixture
def report(done: Day, client_of: Any) -> dict[str, Any]:
    """The report of the visit, as a dispatcher gets it."""
    answer = client_of("dispatcher").get(f"/visits/{done.visit.id}/report")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_report_says_what_was_done(done: Day, report: dict[str, Any]) -> None:
    assert report["order"]["title"] == "Escalator 3 stands still"
    assert report["customer"] == {"number": "C-1", "name": "青禾商场"}
    assert report["asset"] == {"name": "Escalator 3", "model": "E-300", "serial": "S-1"}
    assert report["engineer"] == {"number": "E-1", "name": "林静"}
    assert (report["outcome"]["status"], report["outcome"]["solution"]) == ("completed", SOLUTION)
    steps = [one["verb"] for one in report["steps"]]
    assert steps == ["dispatch", "accept", "depart", "arrive", "start", "complete"]
    assert [one["time_quality"] for one in report["steps"]] == [None, *["certain"] * 5]
    assert report["steps"][-1]["by"] == "林静"
    assert [one["text"] for one in report["notes"]] == [NOTE]
    (part,) = report["parts"]
    assert (part["number"], part["quantity"]) == ("P-00000", 2)
    (photo,) = report["photos"]
    assert (photo["caption"], photo["id"]) == ("The meter 电表", str(done.photo.attachment_id))
    assert photo["sha256"] == done.photo.kept().sha256
    assert (report["signature"]["signer"], report["signature"]["size"]) == (
        "李雷 Li Lei",
        len(done.signed.data),
    )


def test_check_ins_are_shown_and_where_somebody_was_on_the_way_is_not(
    report: dict[str, Any], client_of: Any
) -> None:
    assert [one["kind"] for one in report["positions"]] == ["check_in", "check_in"]
    on_the_way = db.session.scalars(select(Position).where(Position.kind == "fix", Position.lat == 31.1))
    assert len(on_the_way.all()) == 1
    assert "31.1" not in json.dumps(report["chain"])
    attested = [one for one in report["chain"] if one["kind"] == "position"]
    assert [json.loads(one["facts"])["kind"] for one in attested] == ["check_in", "check_in"]


def test_an_engineer_sees_their_own_and_nobody_sees_what_they_may_not(
    done: Day, report: dict[str, Any], client_of: Any, nobody: Any
) -> None:
    path = f"/visits/{done.visit.id}/report"
    for door in (path, f"{path}.pdf?lang=en"):
        assert client_of("engineer", email=f"a{len(door)}@example.org").get(door).status_code == 404
        assert client_of("customer", email=f"b{len(door)}@example.org").get(door).status_code == 403
        assert nobody.get(door).status_code == 401
        assert client_of("manager", email=f"c{len(door)}@example.org").get(door).status_code == 200
    assert done.phone.client.get(f"/api/v1{path}").status_code == 401
    manager = client_of("manager")
    assert manager.get(f"/visits/{uuid.uuid4()}/report").status_code == 404
    assert manager.get(f"{path}.pdf?lang=fr").status_code == 422


def text_of(pdf: bytes) -> str:
    """Return all the text of a PDF, without the line breaks."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


ENGLISH = ("Service report", "Customer", "What happened", "Accept", "Complete", "Chain of evidence", "Seals")
CHINESE = ("服务报告", "客户", "处理记录", "接单", "完成", "证据链", "封签", "签到", "李雷 Li Lei 的签名")


@pytest.mark.parametrize(("language", "words"), [("en", ENGLISH), ("zh", CHINESE)])
def test_on_paper_it_says_the_same_in_both_languages(
    done: Day, report: dict[str, Any], client_of: Any, language: str, words: tuple[str, ...]
) -> None:
    client = client_of("reviewer")
    answer = client.get(f"/visits/{done.visit.id}/report.pdf?lang={language}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    told = text_of(answer.data)
    for text in (*words, "青禾商场", "林静", SOLUTION, "The meter 电表", "李雷 Li Lei"):
        assert squeezed(text) in told, text
    assert squeezed(NOTE.replace("😀", "〓")) in told
    for digest in (
        report["chain"][-1]["digest"],
        report["seals"][-1]["fingerprint"],
        report["photos"][0]["sha256"],
    ):
        assert digest in told
    reader = PdfReader(io.BytesIO(answer.data))
    assert sum(len(page.images) for page in reader.pages) == 2
    fonts = [f.get_object() for page in reader.pages for f in page["/Resources"]["/Font"].values()]
    embedded = [
        f for f in fonts if "/FontDescriptor" in f and "/FontFile2" in f["/FontDescriptor"].get_object()
    ]
    assert embedded


def test_what_is_written_by_people_cannot_break_the_paper(day: Day, client_of: Any) -> None:
    day.tell("accept")
    day.tell("depart")
    for text in (
        "<b>bold & 'quoted'",
        "a" * 3_000,
        "汉" * 3_000,
        "line\nline\r\n\tline",
        "\u202e\u0000x"[:1],
    ):
        day.tell("note", text=text)
    client = client_of("dispatcher")
    for language in ("zh", "en"):
        answer = client.get(f"/visits/{day.visit.id}/report.pdf?lang={language}")
        assert answer.status_code == 200
        told = text_of(answer.data)
        assert "<b>bold&'quoted'" in told
        assert told.count("汉") == 3_000
        assert squeezed("not final") in told or "不是最终版本" in told


def test_a_very_long_note_goes_over_several_pages(day: Day, client_of: Any) -> None:
    day.tell("accept")
    day.tell("depart")
    day.tell("note", text="水\n" * 2_000)
    answer = client_of("dispatcher").get(f"/visits/{day.visit.id}/report.pdf?lang=zh")
    assert answer.status_code == 200
    assert text_of(answer.data).count("水") == 2_000


def test_many_photos_with_long_captions_go_over_several_pages(day: Day, client_of: Any) -> None:
    day.tell("accept")
    for _ in range(21):
        day.tell("photo", attachment_id=str(uuid.uuid4()), caption="长" * 1_000)
    day.tell("depart")
    for language in ("zh", "en"):
        answer = client_of("dispatcher", email=f"{language}@example.org").get(
            f"/visits/{day.visit.id}/report.pdf?lang={language}"
        )
        assert answer.status_code == 200
        assert text_of(answer.data).count("长") == 21 * 300


def test_a_photo_still_on_the_phone_and_a_swapped_one_are_not_shown(day: Day, client_of: Any) -> None:
    day.work()
    client = client_of("dispatcher")
    before = client.get(f"/visits/{day.visit.id}/report").json
    shown = before["photos"][0]["thumbnail_sha256"]
    kept = day.keys.parent / "files" / shown[:2] / shown[2:4] / shown
    kept.write_bytes(b"another")
    answer = client.get(f"/visits/{day.visit.id}/report.pdf?lang=en")
    assert sum(len(page.images) for page in PdfReader(io.BytesIO(answer.data)).pages) == 0
    told = text_of(answer.data)
    assert squeezed("Still on the phone") in told
    assert squeezed("No picture here") in told


def test_the_orders_page_has_a_button_for_it(done: Day, browser: Any) -> None:
    other = done.world.dispatched()
    for language, label in (("en", "Service report"), ("zh", "服务报告")):
        person = browser("dispatcher", language=language)
        page = person.get(f"/work-orders/{done.visit.order_id}").text
        path = f"/visits/{done.visit.id}/report.pdf"
        assert f'href="{path}"' in page
        assert label in page
        assert squeezed(label) in text_of(person.get(path).data)
    assert "report.pdf" not in person.get(f"/work-orders/{other.order_id}").text
    assert browser("customer").get(path).status_code == 403


@pytest.fixture
def verified(done: Day, report: dict[str, Any], tmp_path: Path) -> Callable[..., Any]:
    """Return a function: a report to what the command says of it, with the public key or another."""
    public = tmp_path / "k.pub"
    public.write_bytes((done.keys / "evidence.pub").read_bytes())

    def verify(given: Any, key: Path = public) -> Any:
        file = tmp_path / "r.json"
        file.write_text(given if isinstance(given, str) else json.dumps(given))
        return done.run("verify", "--report", str(file), "--public-key", str(key))

    return verify


def test_a_report_is_verified_by_itself(report: dict[str, Any], verified: Any) -> None:
    result = verified(report)
    links, seals = len(report["chain"]), len(report["seals"])
    assert (result.exit_code, result.output) == (0, f"r.json: good. Links: {links}, seals: {seals}.\n")


def test_a_report_is_verified_without_the_database(done: Day, report: dict[str, Any], verified: Any) -> None:
    done.tamper("UPDATE visit_note SET text = 'other'", "DELETE FROM evidence_link")
    assert verified(report).exit_code == 0


def change(path: tuple[Any, ...], value: Any) -> Callable[[dict[str, Any]], None]:
    def do(report: dict[str, Any]) -> None:
        for step in path[:-1]:
            report = report[step]
        report[path[-1]] = value

    return do


def without(name: str, place: int) -> Callable[[dict[str, Any]], None]:
    return lambda report: report[name].pop(place)


CHANGES = [
    (change(("outcome", "solution"), "Nothing"), "“outcome” is not what the chain says"),
    (change(("customer", "name"), "Other"), "“customer” is not what the chain says"),
    (change(("signature", "signer"), "Other"), "“signature” is not what the chain says"),
    (change(("photos", 0, "sha256"), "0" * 64), "“photos” is not what the chain says"),
    (change(("chain", 2, "facts"), "{}"), "the facts of link 3 (event) were changed"),
    (change(("chain", 2, "facts"), None), "link 3 (event) does not tell its facts"),
    (change(("chain", 2, "received_at"), "2026"), "link 3 (event) was changed"),
    (change(("seals", 0, "sealed_at"), "2026"), "the signature of seal"),
    (change(("seals", 0, "signature"), "!"), "the signature of seal"),
    (change(("visit_id",), str(uuid.UUID(int=1))), "link 1 does not follow link 0"),
    (change(("attested",), []), "does not say which of its parts are attested"),
    (change(("format",), "other"), "its format is not"),
    (change(("seals",), []), "signed up to link 0"),
    (change(("chain",), []), "the report has no chain"),
    (without("chain", 4), "link 5 is missing"),
    (without("seals", -1), "is not sealed"),
]


@pytest.mark.parametrize(("do", "sentence"), CHANGES, ids=[row[1] for row in CHANGES])
def test_a_report_that_was_changed_is_found_out(
    report: dict[str, Any], verified: Any, do: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    do(report)
    result = verified(report)
    assert result.exit_code == 1
    assert sentence in result.output


def test_a_report_of_another_key_is_refused(report: dict[str, Any], verified: Any, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.pub"
    foreign.write_text(keys.pem_of(Ed25519PrivateKey.generate().public_key()))
    result = verified(report, foreign)
    assert result.exit_code == 1
    assert "signed with a key that is not known here" in result.output


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "is no JSON"),
        ("[]", "is no service report"),
        ("{}", "its chain cannot be read"),
        ('{"visit_id": 1, "chain": [1], "seals": []}', "its chain cannot be read"),
        ('{"visit_id": "x", "chain": [], "seals": [{"number": "1"}]}', "its chain cannot be read"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_report_is_told_so(verified: Any, given: str, sentence: str) -> None:
    result = verified(given)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_the_command_asks_for_what_it_needs(done: Day, tmp_path: Path) -> None:
    assert done.run("verify").exit_code == 2
    assert done.run("verify", "--all", str(done.visit.id)).exit_code == 2
    assert done.run("verify", "--all", "--public-key", str(done.keys / "evidence.pub")).exit_code == 2
    missing = done.run("verify", str(uuid.uuid4()))
    assert (missing.exit_code, "There is no visit" in missing.output) == (1, True)
    bad = tmp_path / "bad.pub"
    bad.write_text("no key")
    report = tmp_path / "r.json"
    report.write_text("{}")
    told = done.run("verify", "--report", str(report), "--public-key", str(bad))
    assert (told.exit_code, "is no Ed25519 public key" in told.output) == (1, True)


def test_a_visit_older_than_the_chain_says_so(day: Day, client_of: Any) -> None:
    day.tell("accept")
    day.tamper("DELETE FROM evidence_link")
    client = client_of("dispatcher")
    answer = client.get(f"/visits/{day.visit.id}/report")
    assert (answer.status_code, answer.json["chain"], answer.json["steps"]) == (200, [], [])
    told = text_of(client.get(f"/visits/{day.visit.id}/report.pdf?lang=en").data)
    assert squeezed("Nothing was attested of this visit") in told


def test_a_link_made_unreadable_is_told_of(done: Day, client_of: Any) -> None:
    done.tamper("UPDATE evidence_link SET facts = 'x' WHERE number = 3")
    answer = client_of("dispatcher").get(f"/visits/{done.visit.id}/report")
    assert (answer.status_code, answer.json["code"]) == (409, "chain_broken")
    assert any("link 3 (event) was changed" in one for one in verification.faults_of(done.visit.id))


def test_an_unfinished_visit_ends_as_its_reason_says(day: Day, client_of: Any) -> None:
    day.tell("accept")
    with clock.freeze(clock.now() + timedelta(minutes=30)):
        day.tell("incomplete", reason="no_access", note="Locked.")
    client = client_of("dispatcher")
    told = text_of(client.get(f"/visits/{day.visit.id}/report.pdf?lang=en").data)
    for text in ("No access", "Locked.", "Incomplete", "received"):
        assert squeezed(text) in told


@given(st.data())
def test_any_change_of_any_part_of_an_attested_report_is_found(data: st.DataObject) -> None:
    report, trusted = made_up()
    assert verification.report_faults(report, trusted) == []
    changed = copy.deepcopy(report)
    name = data.draw(st.sampled_from(["chain", "seals"]))
    place = data.draw(st.integers(0, len(changed[name]) - 1))
    key = data.draw(st.sampled_from(sorted(changed[name][place])))
    before = changed[name][place][key]
    if isinstance(before, int):
        changed[name][place][key] = before + data.draw(st.integers(1, 9))
    else:
        at = data.draw(st.integers(0, len(before) - 1))
        other = data.draw(
            st.characters(min_codepoint=32, max_codepoint=126).filter(lambda c: c != before[at])
        )
        changed[name][place][key] = before[:at] + other + before[at + 1 :]
    assert verification.report_faults(changed, trusted)


def made_up() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a small report and the key it was sealed with."""
    key, visit_id = Ed25519PrivateKey.generate(), str(uuid.UUID(int=7))
    links: list[Link] = []
    end = (0, rules.first_previous(visit_id))
    for number in range(4):
        facts = {"text": f"note {number}", "at": MORNING.isoformat(), "actor_name": "E"}
        links.append(rules.next_link(visit_id, end, "note", str(number), MORNING, facts))
        end = (links[-1].number, links[-1].digest)
    attested = report_rules.sections(links)
    report = {
        "format": report_rules.FORMAT,
        "visit_id": visit_id,
        **attested,
        "attested": sorted(attested),
        "chain": report_rules.chain_as_json(links),
        "seals": [vars(keys.seal(key, visit_id, *end, MORNING.isoformat()))],
    }
    return report, {keys.fingerprint_of(key.public_key()): key.public_key()}
