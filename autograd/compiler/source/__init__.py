"""Sources: a program as text in Python and in C."""
