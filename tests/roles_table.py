"""Writes tests/roles.json from what the API allows today, to be read line by line before it is committed.

Run by ``python -m pytest tests/roles_table.py``; it is no test, and not collected with the others.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Flask

from core.auth.permissions import roles
from tests.test_roles import EXPECTED, walk


def test_write_table(app: Flask, client_of: Any) -> None:
    names = sorted(set(roles()) - {"admin"})
    told = {role: walk(app, client_of, role) for role in (*names, "admin")}
    routes = {
        route: ["*"]
        if all(told[r][route] == "yes" for r in names)
        else [r for r in names if told[r][route] == "yes"]
        for route in sorted(told[names[0]])
        if told["admin"][route] == "yes"
    }
    lines = ",\n".join(f"    {json.dumps(route)}: {json.dumps(may)}" for route, may in routes.items())
    EXPECTED.write_text(f'{{\n  "roles": {json.dumps(names)},\n  "routes": {{\n{lines}\n  }}\n}}\n')
