"""The mark of the feed lags at most; a database behind it is told from one that went on, or began anew."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from core import feed, feed_mark
from core.auth.actors import system
from core.db import db, transaction
from core.feed import Standing
from core.worker import worker_command

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
LATE = EARLY + timedelta(days=1)


def come_to(seq: int, epoch: str = "", began_at: datetime | None = EARLY) -> None:
    """Have the feed come to a number, in its epoch or another."""
    with transaction(system("test")) as session:
        feed._lock()
        head = session.get(feed.FeedHead, 1)
        head.seq, head.epoch, head.began_at = seq, epoch or head.epoch, began_at


@pytest.mark.parametrize(
    ("found", "mark", "behind"),
    [
        (Standing("a", EARLY, 4), Standing("a", EARLY, 5), True),
        (Standing("a", EARLY, 5), Standing("a", EARLY, 5), False),
        (Standing("a", EARLY, 6), Standing("a", EARLY, 5), False),
        (Standing("b", LATE, 1), Standing("a", EARLY, 5), False),
        (Standing("a", EARLY, 9), Standing("b", LATE, 5), True),
        (Standing("b", EARLY, 9), Standing("a", EARLY, 5), True),
        (Standing("b", LATE, 1), Standing("a", None, 5), False),
        (Standing("a", None, 9), Standing("b", LATE, 5), True),
        (Standing("a", None, 9), Standing("b", None, 5), True),
        (None, Standing("a", EARLY, 5), False),
        (Standing("a", EARLY, 5), None, False),
    ],
)
def test_a_database_is_behind_where_phones_may_have_read_further(
    found: Standing | None, mark: Standing | None, behind: bool
) -> None:
    assert feed_mark.is_behind(found, mark) is behind


def test_the_mark_follows_and_never_goes_back(app: Flask, tmp_path: Path) -> None:
    feed_mark.note(tmp_path)
    assert feed_mark.read(tmp_path) is None, "nothing was told yet"
    come_to(7, "a")
    feed_mark.note(tmp_path)
    assert feed_mark.read(tmp_path) == Standing("a", EARLY, 7)
    come_to(3)
    feed_mark.note(tmp_path)
    assert feed_mark.read(tmp_path) == Standing("a", EARLY, 7)
    come_to(9, "of a database put back", None)
    feed_mark.note(tmp_path)
    assert feed_mark.read(tmp_path) == Standing("a", EARLY, 7)
    come_to(2, "b", LATE)
    feed_mark.note(tmp_path)
    assert feed_mark.read(tmp_path) == Standing("b", LATE, 2)


def test_what_is_not_committed_is_not_noted(app: Flask, tmp_path: Path) -> None:
    come_to(1, "a")
    db.session.rollback()
    with transaction(system("test")) as session:
        session.get(feed.FeedHead, 1).seq = 2
        session.flush()

        def other() -> None:
            with app.app_context():
                feed_mark.note(tmp_path)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        noted = feed_mark.read(tmp_path)
    assert noted == Standing("a", EARLY, 1)


def test_many_processes_at_once_leave_the_highest(app: Flask, tmp_path: Path) -> None:
    come_to(1, "a")
    over = threading.Event()
    faults: list[BaseException] = []

    def note_on() -> None:
        with app.app_context():
            while not over.is_set():
                try:
                    feed_mark.note(tmp_path)
                    feed_mark.read(tmp_path)
                except BaseException as error:
                    faults.append(error)
                    return

    threads = [threading.Thread(target=note_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for seq in range(2, 30):
        come_to(seq)
    over.set()
    for thread in threads:
        thread.join()
    feed_mark.note(tmp_path)
    assert (faults, feed_mark.read(tmp_path)) == ([], Standing("a", EARLY, 29))


def test_a_keeper_notes_at_its_end(app: Flask, own_files: None) -> None:
    come_to(1, "a")
    folder = app.config["SETTINGS"].data_dir
    folder.mkdir()
    keeper = feed_mark.Keeper(app)
    keeper.start()
    come_to(5)
    keeper.stop()
    assert feed_mark.read(folder) == Standing("a", EARLY, 5)


def test_a_keeper_notes_while_it_runs(app: Flask, own_files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_mark, "_NOTE_S", 0.01)
    folder = app.config["SETTINGS"].data_dir
    folder.mkdir()
    keeper = feed_mark.Keeper(app)
    keeper.start()
    try:
        come_to(5, "a")
        give_up_at = time.monotonic() + 20
        while feed_mark.read(folder) is None and time.monotonic() < give_up_at:
            time.sleep(0.01)
        assert feed_mark.read(folder) == Standing("a", EARLY, 5)
    finally:
        keeper.stop()


def test_a_start_on_a_database_put_back_is_refused_until_a_new_epoch_began(
    app: Flask, own_files: None
) -> None:
    folder = app.config["SETTINGS"].data_dir
    folder.mkdir()
    come_to(7, "a")
    feed_mark.note(folder)
    assert feed_mark.problem(folder) is None
    come_to(3)
    sentence = feed_mark.problem(folder) or ""
    assert sentence.startswith("The database is older than what phones have read from it already.")
    assert "`flask feed new-epoch`" in sentence
    refused = app.test_cli_runner().invoke(worker_command, [])
    assert (refused.exit_code, refused.output.strip()) == (1, f"Error: {sentence}")
    begun = app.test_cli_runner().invoke(args=["feed", "new-epoch"])
    assert begun.exit_code == 0, begun.output
    assert feed_mark.problem(folder) is None
    assert feed_mark.read(folder) == feed.standing()


def test_a_new_epoch_begins_after_the_last_one_though_the_clock_went_back(
    app: Flask, own_files: None
) -> None:
    folder = app.config["SETTINGS"].data_dir
    folder.mkdir()
    ahead = datetime.now(UTC) + timedelta(days=400)
    come_to(7, "a", ahead)
    feed_mark.note(folder)
    come_to(3, "older", None)
    assert app.test_cli_runner().invoke(args=["feed", "new-epoch"]).exit_code == 0
    assert feed_mark.problem(folder) is None
    found = feed.standing()
    assert found
    assert found.began_at
    assert found.began_at > ahead


def test_a_damaged_mark_refuses_the_start_and_a_new_epoch_mends_it(app: Flask, own_files: None) -> None:
    folder = app.config["SETTINGS"].data_dir
    folder.mkdir()
    come_to(7, "a")
    (folder / "feed-mark.json").write_text('{"epoch"')
    assert "`flask feed new-epoch`" in (feed_mark.problem(folder) or "")
    assert app.test_cli_runner().invoke(args=["feed", "new-epoch"]).exit_code == 0
    assert feed_mark.problem(folder) is None
