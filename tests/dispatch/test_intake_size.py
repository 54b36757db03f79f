"""Large files take little memory."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from core.auth.actors import Actor
from core.db import db, transaction
from dispatch.flows.models import Category
from tests.dispatch.test_intake_requests import counts, import_file, row, write


@pytest.mark.full
def test_fifty_thousand_rows_are_imported_in_little_memory(tmp_path: Path, actor: Actor) -> None:
    with transaction():
        db.session.add(Category(code="lift", name_en="Lift", name_zh="电梯"))
    path = write(
        tmp_path / "a.csv",
        *(
            row(
                编号=f"R-{n}",
                地址=f"临江路 {n} 号",
                纬度=f"{31 + n % 500 / 1000:.3f}",
                客户=f"客户 {n % 900}",
            )
            for n in range(50_000)
        ),
    )
    report = import_file(actor, path)
    assert counts(report) == (50_000, 50_000, 0, 0, 0)
    assert report.located == 50_000
    unit = 1_000_000 if sys.platform == "darwin" else 1000
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    assert rss_mb < 500, f"{rss_mb} MB"
