"""The JSON door to categories of work."""

from core import api
from dispatch.flows.resources import CATEGORIES

blp = api.blueprint("flows", __name__, "Categories of work: what each demands and how fast it must be")
api.add_resource(blp, CATEGORIES)
