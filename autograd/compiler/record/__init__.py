"""Recording: arguments become traced numbers, and what a function does to them a program; derivatives, too."""
