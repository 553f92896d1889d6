"""Running a check: one property, and the process of its own in which properties are tried."""
