"""The JSON door to customers, sites, assets and contracts."""

from core import api
from dispatch.customers.resources import ASSETS, CONTRACTS, CUSTOMERS, SITES

blp = api.blueprint("customers", __name__, "Customers with their sites, assets and contracts")

for _resource in (CUSTOMERS, SITES, ASSETS, CONTRACTS):
    api.add_resource(blp, _resource)
