"""Back ends: the ways of running a program."""
