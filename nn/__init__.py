"""A thin layer on top of ``autograd``: neurons, layers, networks, losses, optimisers."""
