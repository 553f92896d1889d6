"""Showing the work: where each number of a recorded graph comes from, for people who learn and teach.

``explain`` writes a derivation, ``exercise`` makes questions of it, ``spreadsheet`` a workbook with live formulas.
Each reads the recorded graph and the rule table, in whose notation everything is written. No derivative is written
down here: what a derivation says of a factor is a partial of the table, with symbols in place of numbers.
"""

from __future__ import annotations

from autograd.explanations.exercises.exercise import Exercise, exercise
from autograd.explanations.explaining import explain
from autograd.explanations.explanation import Explanation
from autograd.explanations.lines import Step
from autograd.explanations.sheet import spreadsheet

__all__ = ["Exercise", "Explanation", "Step", "exercise", "explain", "spreadsheet"]
