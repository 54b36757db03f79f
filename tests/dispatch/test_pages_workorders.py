"""Work orders as pages: made, planned, carried out and closed by forms and buttons."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from core.auth.actors import Actor
from core.db import db
from dispatch.customers.models import Customer, CustomerUser, Site
from dispatch.workforce.models import Engineer
from dispatch.workorders import visits
from dispatch.workorders.models import Visit, WorkOrder
from tests.dispatch.workorder_world import World


@pytest.fixture
def world(app: Flask, actor: Actor) -> World:
    """A small company."""
    return World(actor)


def order_now(order: WorkOrder) -> WorkOrder:
    """Return the order, read afresh."""
    db.session.rollback()
    return db.session.get_one(WorkOrder, order.id, populate_existing=True)


def form_of(world: World, **values: Any) -> dict[str, Any]:
    """Return a good form of a new order."""
    return {
        "title": "Escalator 3 stands still",
        "category_id": "lift",
        "customer_id": str(world.customer.id),
        "site_id": str(world.site.id),
        "contact_phone": "021-5555",
        "channel": "phone",
        "urgency": "normal",
        "impact": "person",
        **values,
    }


def test_an_order_made_by_the_form_takes_from_its_category_what_is_left_empty(
    world: World, browser: Any
) -> None:
    visitor = browser("agent")
    made = visitor.send("/work-orders/new", form_of(world))
    assert made.status_code == 302, made.text
    order = db.session.query(WorkOrder).one()
    assert (order.priority, order.duration_s, len(order.skills)) == ("high", 5400, 1)
    page = visitor.get(made.location).text
    assert "90 min" in page
    assert "青禾商场" in page
    assert "Escalator 3" in visitor.get("/work-orders?q=escalator&status=created&open=true").text
    assert "Escalator 3" not in visitor.get("/work-orders?status=closed").text


def test_a_wrong_order_is_shown_again_with_what_was_typed(world: World, browser: Any) -> None:
    sent = form_of(world, title="三号扶梯", duration_s="0", windows="2026-11-23T10:00, 2026-11-23T08:00")
    answer = browser("agent").send("/work-orders/new", sent)
    assert answer.status_code == 422
    assert 'value="三号扶梯"' in answer.text
    assert "2026-11-23T10:00, 2026-11-23T08:00" in answer.text
    assert "from 60 seconds to 24 hours" in answer.text


def test_an_order_is_changed_by_the_form_and_keeps_what_it_said(world: World, browser: Any) -> None:
    order = world.order()
    visitor = browser("dispatcher")
    form = form_of(world, title="Escalator 4", priority="low", duration_s="30", version=str(order.version))
    edited = visitor.send(f"/work-orders/{order.id}/edit", {**form, "skills": "LIFT, 2"})
    assert edited.status_code == 302, edited.text
    after = order_now(order)
    assert (after.title, after.priority, after.duration_s, len(after.skills)) == (
        "Escalator 4",
        "low",
        1800,
        1,
    )


def test_a_dispatcher_sends_an_engineer_by_the_form(world: World, browser: Any) -> None:
    order = world.order()
    visit = order.visits[0]
    visitor = browser("dispatcher")
    path = f"/visits/{visit.id}/schedule"
    assert path in visitor.get(f"/work-orders/{order.id}").text
    sent = {
        "engineer_id": str(world.novice.id),
        "start_at": "2026-11-23T09:00",
        "version": str(visit.version),
    }
    refused = visitor.send(path, sent)
    assert refused.status_code == 422
    assert "lacks the skills" in refused.text
    assert 'value="2026-11-23T09:00"' in refused.text
    taken = visitor.send(path, {**sent, "engineer_id": str(world.expert.id)})
    assert taken.status_code == 302, taken.text
    page = visitor.get(taken.location).text
    assert "Engineer E-1" in page
    assert "Dispatch (visit 1)" in page


def test_an_engineer_works_through_a_visit_with_buttons(world: World, browser: Any) -> None:
    visitor = browser("engineer")
    db.session.get_one(Engineer, world.expert.id).user_id = visitor.user_id
    db.session.commit()
    visit = world.dispatched()
    page, door = f"/work-orders/{visit.order_id}", f"/visits/{visit.id}"

    def version() -> str:
        db.session.rollback()
        return str(db.session.get_one(Visit, visit.id, populate_existing=True).version)

    assert visitor.press(page, f"{door}/accept").status_code == 302
    assert f"{door}/accept" not in visitor.get(page).text
    silent = visitor.send(f"{door}/depart", {"version": version()})
    assert silent.status_code == 422
    for verb in ("depart", "arrive"):
        done = visitor.send(f"{door}/{verb}", {"reason": "no signal", "version": version()})
        assert done.status_code == 302, done.text
    assert visitor.press(page, f"{door}/start").status_code == 302
    done = visitor.send(f"{door}/complete", {"solution": "Chain tightened", "version": version()})
    assert done.status_code == 302, done.text
    assert "Chain tightened" in visitor.get(page).text
    assert db.session.get_one(Visit, visit.id, populate_existing=True).status == "completed"


def test_an_engineer_who_declines_is_led_to_a_page_of_theirs(world: World, browser: Any) -> None:
    visitor = browser("engineer")
    db.session.get_one(Engineer, world.expert.id).user_id = visitor.user_id
    db.session.commit()
    visit = world.dispatched()
    declined = visitor.send(f"/visits/{visit.id}/decline", {"reason": "ill", "version": str(visit.version)})
    assert declined.status_code == 302, declined.text
    assert visitor.get(declined.location).status_code == 200


def test_the_desk_takes_an_order_to_its_end(world: World, browser: Any) -> None:
    visit = world.dispatched()
    for verb, said in (
        (visits.accept, {}),
        (visits.depart, {"reason": "x"}),
        (visits.arrive, {"reason": "x"}),
        (visits.start, {}),
        (visits.complete, {"solution": "Done"}),
    ):
        world.do(verb, visit, **said)
    order = visit.order
    page = f"/work-orders/{order.id}"
    reviewer, agent = browser("reviewer"), browser("agent")
    assert f"{page}/approve" not in agent.get(page).text
    approved = reviewer.send(
        f"{page}/approve", {"checked": ["solution"], "version": str(order_now(order).version)}
    )
    assert approved.status_code == 302, approved.text
    assert agent.press(page, f"{page}/confirm").status_code == 302
    assert agent.press(page, f"{page}/close").status_code == 302
    rated = agent.send(f"{page}/follow-up", {"score": "6", "version": str(order_now(order).version)})
    assert rated.status_code == 422
    rated = agent.send(f"{page}/follow-up", {"score": "5", "version": str(order_now(order).version)})
    assert rated.status_code == 302, rated.text
    assert order_now(order).satisfaction == 5
    assert "Followed up" in agent.get(page).text


def test_closing_without_the_customers_word_asks_for_a_reason(world: World, browser: Any) -> None:
    order = world.order()
    db.session.execute(db.update(WorkOrder).values(status="awaiting_confirmation", decision="approved"))
    db.session.commit()
    agent = browser("agent")
    page = f"/work-orders/{order.id}"
    assert f'href="{page}/close"' in agent.get(page).text
    answer = agent.send(f"{page}/close", {"reason": " ", "version": str(order_now(order).version)})
    assert answer.status_code == 422
    assert "say why the order is closed" in answer.text


def test_a_verb_done_to_an_older_version_is_refused(world: World, browser: Any) -> None:
    order = world.order()
    answer = browser("agent").send(f"/work-orders/{order.id}/cancel", {"reason": "twice", "version": "0"})
    assert answer.status_code == 412
    assert "twice" in answer.text
    assert order_now(order).status == "created"


def test_orders_without_a_location_lead_to_their_sites_form(world: World, browser: Any) -> None:
    order = world.order()
    visitor = browser("dispatcher")
    assert "Every open order has a location." in visitor.get("/work-orders/needs-location").text
    db.session.execute(db.update(Site).values(lat=None, lon=None))
    db.session.commit()
    page = visitor.get("/work-orders/needs-location").text
    assert order.number in page
    assert f'href="/sites/{order.site_id}/edit"' in page


def test_a_customer_sees_and_asks_for_their_own_work_only(world: World, browser: Any) -> None:
    visitor = browser("customer")
    other = Customer(number="C-2", name="Other company")
    db.session.add_all([other, CustomerUser(customer_id=world.customer.id, user_id=visitor.user_id)])
    db.session.flush()
    db.session.add(Site(customer_id=other.id, name="South gate"))
    db.session.commit()
    form = visitor.get("/work-orders/new").text
    assert "青禾商场" in form
    assert "Other company" not in form
    assert 'name="priority"' not in form
    sent = {name: form_of(world)[name] for name in ("title", "category_id", "customer_id", "site_id")}
    made = visitor.send("/work-orders/new", {**sent, "contact_phone": "1"})
    assert made.status_code == 302, made.text
    page = visitor.get(made.location).text
    assert "/edit" not in page
    assert "History" not in page


def test_the_form_of_a_verb_is_not_shown_to_who_may_not_do_it(world: World, browser: Any) -> None:
    order = world.order()
    visitor = browser("manager")
    assert visitor.get(f"/work-orders/{order.id}").status_code == 200
    assert visitor.get(f"/work-orders/{order.id}/cancel").status_code == 403
    assert visitor.get(f"/visits/{order.visits[0].id}/schedule").status_code == 403
