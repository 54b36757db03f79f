"""Kinds of work: categories with their limits, demands and defaults."""
