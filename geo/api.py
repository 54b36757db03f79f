"""The JSON door to territories."""

from core import api
from geo.resources import TERRITORIES

blp = api.blueprint("geo", __name__, "Territories")
api.add_resource(blp, TERRITORIES)
