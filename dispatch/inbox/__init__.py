"""The inbox: what waits for a person's decision, whoever put it there."""
