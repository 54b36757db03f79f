"""Work orders, their visits, and the log of what happened at each."""
