"""Tests against other programs that differentiate; ``make test-peers`` installs these and runs them."""
