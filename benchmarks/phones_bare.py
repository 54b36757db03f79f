"""What a phone's question is measured against: a Flask application that answers one query, nothing else."""

from typing import Any

from flask import Flask, jsonify
from sqlalchemy import create_engine, text
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from core.config import Settings
from wsgi import create_app


def bare(url: str) -> Flask:
    """Return an application whose one route reads one row by its key."""
    app, engine = Flask("bare"), create_engine(url, pool_size=48)

    @app.get("/")
    def read() -> Any:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT seq, epoch FROM feed_head WHERE id = 1")).one()
        return jsonify({"documents": [], "checkpoint": {"seq": found.seq, "epoch": found.epoch}})

    return app


def both() -> Any:
    """Return Paidan with the bare application at /bare."""
    app = create_app(Settings.from_env())
    url = str(app.config["SQLALCHEMY_DATABASE_URI"])
    return DispatcherMiddleware(app, {"/bare": bare(url)})
