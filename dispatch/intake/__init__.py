"""How requests come in: mappings, imports, addresses to be located."""
