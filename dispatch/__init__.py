"""Work orders, the clocks they run against, planning, and what people see of it."""
