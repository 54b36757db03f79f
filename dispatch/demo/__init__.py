"""The demo town: an invented city with its engineers, customers, stock and work; one town a seed."""
