"""The engine: Values, the rule table, the backward pass. Plain Python, which mypyc compiles, file by file.

``value.py`` is back propagation, ``rules.py`` the table of derivatives; ``partials.py`` and ``special.py`` belong to
the table. Nothing here imports from outside this folder but ``autograd.errors``.
"""
