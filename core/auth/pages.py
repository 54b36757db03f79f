"""The HTML door to sign-in, one's own account, and links that set a password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from core.auth import people
from core.auth.limits import limit_sign_in
from core.db import transaction
from core.errors import DomainError
from core.problems import sentence
from core.web import local_path, page_actor, page_user, sign_in_session

bp = Blueprint("auth_pages", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """Sign in with e-mail and password."""
    next_ = local_path(request.values.get("next", ""))
    email = request.form.get("email", "")
    if request.method == "GET":
        return render_template("auth/sign_in.html", next=next_, email="", error=None)
    limit_sign_in(email)
    try:
        with transaction():
            user = people.sign_in(email, request.form.get("password", ""))
    except DomainError as error:
        return render_template("auth/sign_in.html", next=next_, email=email, error=sentence(error)), 422
    sign_in_session(user)
    return redirect(next_ or url_for("web.home"))


@bp.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    session.clear()
    return redirect(url_for("auth_pages.sign_in"))


@bp.route("/set-password/<secret>", methods=["GET", "POST"])
def set_password(secret: str) -> str | Response | tuple[str, int]:
    """Choose a password by an invitation's or a reset's link; opening it changes nothing."""
    user, _ = people.user_of_link(secret)
    if request.method == "GET":
        return render_template("auth/set_password.html", name=user.name, error=None)
    password = request.form.get("password", "")
    try:
        if password != request.form.get("repeat", ""):
            raise people.Invalid(gettext("The two passwords differ."))
        with transaction():
            user = people.set_password_by_link(secret, password)
    except people.Invalid as error:
        return render_template("auth/set_password.html", name=user.name, error=sentence(error)), 422
    sign_in_session(user)
    return redirect(url_for("web.home"))


@bp.route("/account", methods=["GET", "POST"])
def account() -> str | Response | tuple[str, int]:
    """One's own name, roles and password."""
    page_actor()
    error = None
    if request.method == "POST":
        try:
            with transaction(page_actor()):
                user = page_user()
                people.change_password(
                    user, request.form.get("old_password", ""), request.form.get("new_password", "")
                )
            sign_in_session(user)
            flash(gettext("Your password is changed; other sessions have ended."), "success")
            return redirect(url_for("auth_pages.account"))
        except DomainError as refused:
            error = sentence(refused)
    page = render_template("auth/account.html", user=page_user(), error=error)
    return (page, 422) if error else page
