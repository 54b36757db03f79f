"""Every page, for every role, in both languages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select

from core import clock
from core.auth.actors import Actor
from core.db import db, transaction
from core.resource import resource_named
from dispatch.customers.models import Customer, CustomerUser
from dispatch.demo.load import load_town
from dispatch.intake.imports import Report
from dispatch.intake.models import ImportRun
from dispatch.planning.models import OptimizationRun
from dispatch.workforce.models import Engineer
from dispatch.workorders.models import Visit
from tests.towns import HOUR, MORNING

ROLES = ("agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager", "customer", "admin")
OTHERS = {"visits": Visit, "imports": ImportRun}
"""Records whose pages are not made from a resource."""
MENU = re.compile(r'<nav class="menu".*?</nav>', re.S)


@pytest.fixture
def town(app: Flask, actor: Actor) -> None:
    """A small town with a dispatched visit, a run that waits and an import."""
    clock.start_at(MORNING)
    with transaction(actor) as session:
        load_town(actor, 1, engineers=4, orders=10)
        visit = session.scalars(select(Visit)).first()
        visit.engineer_id, visit.status = session.scalar(select(Engineer.id).limit(1)), "dispatched"
        session.add(OptimizationRun(number="RUN-1", starts_at=MORNING, ends_at=MORNING + HOUR))
        report = Report().document()
        session.add(ImportRun(kind="parts", file_name="a.csv", mapping={}, rows_total=1, report=report))


def pages_of(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, path) of every page, with the id of a record there is."""
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(
            ("/api", "/static", "/ready", "/set-password")
        ):
            continue
        path = rule.rule
        if "<uuid:record_id>" in path:
            name = rule.endpoint.partition(".")[0].replace("_", "-")
            model = OTHERS.get(name) or resource_named(name).model
            record_id = db.session.scalar(select(inspect(model).primary_key[0]).limit(1))
            path = path.replace("<uuid:record_id>", str(record_id or uuid.uuid4()))
        yield rule.endpoint, path


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_in_both_languages(app: Flask, town: None, browser: Any, role: str) -> None:
    pages = list(pages_of(app))
    for language in ("en", "zh"):
        visitor = browser(role, language=language)
        if role == "engineer":
            db.session.scalars(select(Engineer)).first().user_id = visitor.user_id
        if role == "customer":
            customer = db.session.scalars(select(Customer)).first()
            db.session.add(CustomerUser(customer_id=customer.id, user_id=visitor.user_id))
        db.session.commit()
        for endpoint, path in pages:
            answer = visitor.get(path)
            assert answer.status_code < 500, (endpoint, path)
            if answer.status_code == 200 and answer.mimetype == "text/html" and "options" not in endpoint:
                assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text, endpoint
        menu = MENU.search(visitor.get("/account").text)
        for link in re.findall(r'href="([^"]+)"', menu[0] if menu else ""):
            assert visitor.get(link).status_code == 200, link


def test_the_top_bar_is_short_and_stays_lit_on_the_pages_beside_an_entry(app: Flask, browser: Any) -> None:
    visitor = browser("admin")
    for path, entry, tab in (
        ("/shifts", "/engineers", "/shifts"),
        ("/shifts/from-pattern", "/engineers", "/shifts"),
        ("/categories/new", "/work-orders", None),
        ("/work-orders/needs-location", "/work-orders", "/work-orders/needs-location"),
        ("/part-requests", "/parts", "/part-requests"),
        ("/imports", "/work-orders", "/imports"),
        ("/articles", "/work-orders", "/articles"),
        ("/territories", "/engineers", "/territories"),
        ("/inbox", "/inbox", None),
        ("/imports/waiting-sites", "/work-orders", "/imports/waiting-sites"),
    ):
        html = visitor.get(path).text
        menu = MENU.search(html)
        assert menu
        assert menu[0].count("<li>") <= 8
        assert f'<a href="{entry}" aria-current="page">' in menu[0], path
        if tab and path != "/shifts/from-pattern":
            assert f'<a href="{tab}" aria-current="page">' in html.replace(menu[0], ""), path
