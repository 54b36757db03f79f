"""The HTML door to territories."""

from core.pages import Pages, blueprint
from geo.resources import TERRITORIES

bp = blueprint(
    Pages(
        resource=TERRITORIES,
        columns=("code", "name", "active"),
        groups=(("", ("code", "name", "active")), ("Area", ("geometry",))),
        filters=("active",),
    ),
    __name__,
)
