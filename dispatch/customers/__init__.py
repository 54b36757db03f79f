"""Customers with their sites, assets and contracts."""
