"""How fast: ``make bench`` prints one table of ratios, ``python -m benchmarks --only gpt`` a part of it."""
