"""The engine check: a trial of somebody's class, property by property, in a process of its own."""
