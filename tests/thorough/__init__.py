"""``make thorough``: every primitive at 100,000 points, and 1,000,000 random expressions, without a wrong derivative.

The work comes in chunks (``chunks.py``), each drawn from a seed of its own, so that a run can be interrupted, taken up
again, and spread over cores. ``engines.py`` lists what is checked: each way of ours to a derivative. ``primitives.py``
holds single operations against differences at 80 digits and more, in ulps. ``programs.py`` draws expressions and holds
them against differences of the whole expression at 100 digits; it knows no rule and no chain rule.

Most derivatives are within a few ulps, and it takes little to see that they are right. For the others the tolerance of
``gradcheck`` is computed, which is larger the worse the expression is conditioned. So an error has to pass the slow
judges before it is called one, and is then cut down to the smallest expression (``smallest.py``).
"""
