"""A trial: the truth, the formulas, a transcript of what is asked of an engine, and how hard to look."""
