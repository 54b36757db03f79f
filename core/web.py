"""What every page and answer shares: who is there, menu, security headers, preferences, health."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import gettext
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from core import clock
from core.auth import people, tokens
from core.auth.actors import Actor
from core.auth.models import User
from core.auth.permissions import roles
from core.db import db, transaction
from core.errors import Forbidden, Invalid, Unauthenticated, mark
from core.i18n import LOCALES, local_time, reader_language
from core.json_text import UNSTORABLE, is_storable
from core.menu import menu_of, tabs_of
from core.problems import answer_domain_error, wants_json
from core.static_files import send_static, static_url

csrf = CSRFProtect()
bp = Blueprint("web", __name__, template_folder="templates")
THEMES = ("auto", "light", "dark")


def page_actor() -> Actor:
    """Return who asks for a page; nobody signed in is sent to the sign-in page."""
    who = g.get("actor")
    if who is None:
        raise Unauthenticated(mark("Please sign in first."))
    return who


def page_user() -> User:
    """Return the signed-in person's own row."""
    user_id = page_actor().user_id
    assert user_id is not None
    return people.user_by_id(user_id)


def sign_in_session(user: User) -> None:
    """Begin a session for the person; what the visitor's session held before is dropped."""
    session.clear()
    session.permanent = True
    session["user"] = str(user.id)
    session["epoch"] = user.session_epoch


def _load_actor() -> None:
    g.actor = None
    g.by_token = False
    if request.path.startswith("/static/") or request.path in ("/health", "/ready"):
        return
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated(mark("Send the token as Authorization: Bearer …"))
        g.actor = people.actor_of(tokens.user_of(secret.strip()))
        g.by_token = True
        return
    kept = session.get("user")
    if kept:
        user = db.session.get(User, uuid.UUID(kept))
        if user is not None and user.active and user.session_epoch == session.get("epoch"):
            g.actor = people.actor_of(user)
            g.theme = user.theme
        else:
            session.clear()


def _refuse_remote_demo() -> None:
    user_id = getattr(g.actor, "user_id", None)
    if user_id is None or request.remote_addr in ("127.0.0.1", "::1", None):
        return
    user = db.session.get(User, user_id)
    if user is not None and user.demo:
        raise Forbidden(mark("Demo accounts work on this machine only."))


_by_secret: set[str] = {"/api/v1/session"}


def takes_secret(path: str) -> None:
    """Let a path be asked by JSON that holds a secret, by whoever is not signed in."""
    _by_secret.add(path)


def _check_csrf() -> None:
    # A page of another site cannot send JSON here without being asked first, so signing in that way is safe.
    by_secret = request.path in _by_secret and request.is_json and g.actor is None
    if request.method in ("POST", "PUT", "PATCH", "DELETE") and not g.by_token and not by_secret:
        csrf.protect()


def _prepare() -> None:
    g.request_id = uuid.uuid4().hex[:12]
    if "Idempotency-Key" in request.headers:
        # Kept whole: reading a form for its CSRF token would use it up before it is compared.
        request.get_data(parse_form_data=False)
    g.csp_nonce = secrets.token_urlsafe(16)


def _check_query() -> None:
    wrong = {name: [UNSTORABLE] for name, text in request.args.items() if not is_storable([name, text])}
    if wrong:
        raise Invalid(UNSTORABLE, code="unstorable", fields=wrong)


def csp_nonce() -> str:
    """Return this answer's nonce for inline script elements."""
    return str(g.csp_nonce)


def content_policy(images: str = "", scripts: str = "") -> str:
    """Return what this answer's page may load; `images` and `scripts` are further sources of these."""
    nonce = g.get("csp_nonce", "")
    tiles = current_app.config["SETTINGS"].map_tiles
    tile_host = ""
    if tiles.startswith("http"):
        scheme, _, rest = tiles.partition("://")
        tile_host = f" {scheme}://{rest.split('/')[0].replace('{s}', '*')}"
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'{scripts}; style-src 'self'; "
        f"img-src 'self' data:{images}{tile_host}; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "manifest-src 'self'; worker-src 'self'"
    )


def _finish(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", content_policy())
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def public_url(endpoint: str, **values: Any) -> str:
    """Return the whole address of a page, for a link that is handed on; at PUBLIC_URL where that is set."""
    base = current_app.config["SETTINGS"].public_url
    return base + url_for(endpoint, **values) if base else url_for(endpoint, _external=True, **values)


@bp.get("/")
def home() -> BaseResponse:
    """Send the person to the first page of theirs."""
    who = page_actor()
    entries = menu_of(who)
    return redirect(entries[0]["url"] if entries else url_for("auth_pages.account"))


@bp.post("/preferences")
def set_preferences() -> BaseResponse:
    """Keep the chosen language and theme."""
    locale, theme = request.form.get("locale", ""), request.form.get("theme", "")
    response = redirect(local_path(request.form.get("next", "")) or "/")
    if g.actor is not None:
        with transaction(g.actor):
            user = page_user()
            user.locale = locale if locale in LOCALES else user.locale
            user.theme = theme if theme in THEMES else user.theme
    if locale in LOCALES:
        response.set_cookie("locale", locale, max_age=31536000, samesite="Lax", httponly=True)
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=31536000, samesite="Lax", httponly=True)
    return response


def local_path(target: str) -> str:
    """Return `target` if it is a path on this server, else nothing (no open redirects)."""
    # Browsers drop tabs and line ends from an address, which makes two slashes of "/<tab>/".
    fine = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if fine else ""


@bp.get("/health")
def health() -> BaseResponse:
    """Tell that the process runs."""
    return jsonify({"status": "ok", "time": clock.now().isoformat()})


@bp.get("/ready")
def ready() -> BaseResponse:
    """Tell that requests can be served: the database answers and its tables are current."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    db.session.execute(text("SELECT 1"))
    context = MigrationContext.configure(db.session.connection())
    config = current_app.extensions["migrate"].migrate.get_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    ok = context.get_current_revision() == head
    response = jsonify({"status": "ok" if ok else "database needs `flask db upgrade`"})
    response.status_code = 200 if ok else 503
    return response


def _banner() -> str | None:
    if current_app.config["SETTINGS"].clock_start is None:
        return None
    return gettext("Replay: the clock shows %(now)s.", now=local_time(clock.now(), "medium"))


def _context() -> dict[str, Any]:
    return {
        "actor": g.get("actor"),
        "menu": menu_of(g.get("actor")) if not wants_json() else [],
        "tabs": tabs_of(g.get("actor")) if not wants_json() else [],
        "locale": reader_language(),
        "locales": LOCALES,
        "theme": g.get("theme") or request.cookies.get("theme") or "auto",
        "csp_nonce": csp_nonce,
        "static_url": static_url,
        "role_label": lambda role: gettext(roles().get(role, role)),
        "banner": _banner(),
    }


def _to_sign_in(error: Unauthenticated) -> BaseResponse:
    if wants_json() or request.endpoint == "auth_pages.sign_in":
        return answer_domain_error(error)
    next_ = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("auth_pages.sign_in", next=next_ if next_ != "/" else None))


def init_app(app: Flask) -> None:
    """Tie pages together: actor, CSRF, headers, static files, template globals."""
    settings = app.config["SETTINGS"]
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        PERMANENT_SESSION_LIFETIME=settings.session_hours * 3600,
        MAX_CONTENT_LENGTH=settings.max_body_mb * 1_000_000,
    )
    csrf.init_app(app)
    for step in (_prepare, _load_actor, _refuse_remote_demo, _check_csrf, _check_query):
        app.before_request(step)
    app.after_request(_finish)
    app.context_processor(_context)
    app.jinja_env.filters["local_time"] = local_time
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.add_url_rule("/static/<package>/<tag>/<path:filename>", "static_file", send_static)
    app.register_error_handler(Unauthenticated, _to_sign_in)
    app.register_blueprint(bp)
