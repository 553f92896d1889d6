"""The trial of an engine: what a property works with, how long it may look, and Hypothesis to look for failures."""

from __future__ import annotations

import copy
import functools
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd.engine.rules import RULES, Rule
from autograd.errors import missing
from autograd.testing.expression import Expression
from autograd.testing.judge.subject.engines import METHODS, Engine
from autograd.testing.judge.trials.exact import Exact, exact
from autograd.testing.judge.trials.search import QUICK, Search
from autograd.testing.judge.trials.transcript import Failed, Raised, Transcript, Unsupported, Verdict
from autograd.testing.judge.trials.variants import variant
from autograd.testing.strategies import drawn

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

REACH: Final = 1e30  # the largest leaf: squares and their reciprocals are still far from the ends of what a float holds


DIAMONDS: Final = "diamonds"  # the property of results that are used twice


class Skipped(Exception):
    """This example has nothing to say about the property."""


Form: TypeAlias = tuple[str, str]  # an operation, and what its operands are (see Trial.forms); "" for all forms


class Trial:
    """The tools of a property: the engine, its operations, time, random examples.

    Args:
        engine: the engine under test.
        search: how to look for faults.
        recorder: is told what is about to be done, in case that it ends the process.
    """

    avoided: frozenset[Form] = frozenset()  # operations that are known to be wrong
    excused: frozenset[str] = frozenset()  # properties that are known to fail

    def __init__(
        self,
        engine: Engine,
        search: Search = Search(),
        recorder: Callable[[str], None] | None = None,
    ) -> None:
        self.engine, self.search, self.effort, self.recorder = engine, search, search.effort, recorder
        self.excusable: set[str] = set()  # the properties that have failed so far
        self.blamed: dict[str, frozenset[Form]] = {}  # by the properties of single operations
        self.groups: dict[str, str] = {}  # what is said to be wrong by them: a derivative, or a habit
        self.explained: dict[str, frozenset[str]] = {}  # which properties each one that failed follows from
        self.begin()

    def without(self, forms: Iterable[Form], properties: Iterable[str] = ()) -> Trial:
        """The trial without these operations, in which the findings of these properties are known."""
        rest = copy.copy(self)
        rest.avoided, rest.excused = self.avoided | set(forms), self.excused | set(properties)
        whole = {name for name, form in rest.avoided if not form}
        rest.engine = copy.copy(self.engine)
        rest.engine.functions = {k: f for k, f in self.engine.functions.items() if k not in whole}
        rest.blamed = dict(self.blamed)
        rest.__dict__.pop("arithmetic", None)
        rest.__dict__["rules"] = {k: rule for k, rule in self.rules.items() if k not in whole}
        return rest

    def begin(self) -> None:
        """A property begins: half of its time is for the search, the rest for its findings."""
        self.stop = time.perf_counter() + self.effort.seconds / 2

    def is_late(self) -> bool:
        """Whether the time for trying more examples is over."""
        return time.perf_counter() > self.stop

    def transcript(self) -> Transcript:
        """A new experiment."""
        return Transcript(self.engine, self.recorder)

    # --- What the engine has ---

    @functools.cached_property
    def rules(self) -> dict[str, Rule]:
        """The row of the rule table for each operation, in the variant that the engine has."""
        for name in [name for name, f in self.engine.functions.items() if self._is_unwritten(name, f)]:
            del self.engine.functions[name]
        known = self.engine.definitions
        return {n: known.get(n) or variant(n, functools.partial(self._value_at, n)) for n in self.engine.functions}

    def _is_unwritten(self, name: str, function: Callable[..., Any]) -> bool:
        """Whether it is a stub, which raises NotImplementedError for all operands."""
        method = getattr(self.engine.cls, METHODS.get(name, name), None)
        codes = [getattr(f, "__code__", None) for f in (method, function)]
        if not any(code is not None and "NotImplementedError" in code.co_names for code in codes):
            return False
        errors = [self._trouble_with(name, form) for form in _forms(RULES[name].arity)]
        return all(isinstance(e, Raised) and isinstance(e.error, NotImplementedError) for e in errors)

    def _value_at(self, name: str, x: float) -> float:
        """The operation's result on a new leaf; NaN where it fails."""
        t = self.transcript()
        try:
            return t.number(t.apply(name, t.leaf(x)))
        except Failed:
            return math.nan

    @functools.cached_property
    def forms(self) -> dict[str, dict[str, Failed | None]]:
        """For each operation of several operands and each form (of two: vv, vc, cv: v a number of the engine, c a
        plain one) what came of a try: None if it went well.
        """
        return {
            name: {form: self._trouble_with(name, form) for form in _forms(rule.arity)}
            for name, rule in self.rules.items()
            if rule.arity > 1
        }

    def _trouble_with(self, name: str, form: str) -> Failed | None:
        t = self.transcript()
        try:
            t.number(
                t.apply(name, *(t.leaf(x) if kind == "v" else x for x, kind in zip(itertools.cycle((2.0, 3.0)), form)))
            )
        except Failed as failed:
            return failed
        return None

    def allows(self, name: str, kinds: str) -> bool:
        """Whether the operation takes operands of these kinds: x and y are the engine's, c is a plain number."""
        form = kinds.replace("x", "v").replace("y", "v")
        if (name, form) in self.avoided:
            return False
        return len(form) == 1 or self.forms[name].get(form, ...) is None

    @functools.cached_property
    def arithmetic(self) -> tuple[str, ...]:
        """The engine's operations of polynomials: what the properties of the backward pass are tried with."""
        return tuple(name for name in ("add", "mul", "sub", "neg") if name in self.engine.functions)

    # --- Random experiments ---

    def expressions(self, *names: str, max_size: int = 6, min_size: int = 1) -> SearchStrategy[Expression]:
        """Random expressions of the engine's operations: of all of them, or of those of these names that it has."""
        chosen = {name: self.rules[name] for name in names or self.rules if name in self.rules}
        if not any(self.allows(name, "x" * self.rules[name].arity) for name in chosen):
            raise Unsupported("it has no operations" + (f" among {', '.join(names)}" if names else ""))
        strategy = drawn(chosen, max_size, self.allows, REACH, min_size)
        return strategy.filter(_is_a_tree) if DIAMONDS in self.excused else strategy

    def truth(self, e: Expression) -> Exact:
        """The exact values and gradient of the expression; an example without any is skipped."""
        found = exact(e, self.rules)
        if found is None:
            raise Skipped
        return found

    def for_all(
        self, strategy: SearchStrategy[Any], body: Callable[[Transcript, Any], None], share: float = 1.0
    ) -> None:
        """Try the body on random examples; what it raises is raised for the smallest example that Hypothesis finds.

        An engine may be unlike itself from one run to the next (the order of a set is): then the smallest failure that
        was seen counts. After half of the property's time nothing more is tried.

        Args:
            strategy: what to draw.
            body: an experiment with a new transcript; it raises a Verdict when it finds something.
            share: of the effort's number of examples.
        """
        try:
            import hypothesis
        except ImportError:
            raise missing("Hypothesis", "the engine check") from None

        seen: list[Verdict] = []

        def attempt(drawn_example: Any) -> None:
            if self.is_late():
                return
            try:
                body(self.transcript(), drawn_example)
            except Skipped:
                hypothesis.reject()
            except Verdict as verdict:
                seen.append(verdict)
                raise

        def search(examples: int) -> None:
            test = hypothesis.settings(
                max_examples=max(5, round(examples * share)),
                derandomize=self.search.seed is None,
                database=None,
                deadline=None,
                phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
                suppress_health_check=list(hypothesis.HealthCheck),
                verbosity=hypothesis.Verbosity.quiet,
                report_multiple_bugs=False,
                print_blob=False,
            )(hypothesis.given(strategy)(attempt))
            if self.search.seed is not None:
                test = hypothesis.seed(self.search.seed)(test)
            test()

        try:
            for examples in sorted({min(QUICK.examples, self.effort.examples), self.effort.examples}):
                search(examples)  # what less effort finds is found first
        except Exception as error:
            if seen:
                raise min(seen, key=_size) from error
            if isinstance(error, hypothesis.errors.Unsatisfiable):
                raise Unsupported("there is no example to try it on") from None
            raise


def _is_a_tree(e: Expression) -> bool:
    """Whether no result is used twice."""
    first = len(e.point) + len(e.constants)
    uses = [i for _, operands in e.steps for i in operands if i >= first]
    return len(uses) == len(set(uses))


def _forms(arity: int) -> Iterator[str]:
    """The kinds of operands: numbers of the engine (v) or plain ones (c), at least one of the engine's.

    >>> list(_forms(2))
    ['vv', 'vc', 'cv']
    """
    return map("".join, itertools.islice(itertools.product("vc", repeat=arity), 2**arity - 1))


def _size(verdict: Verdict) -> tuple[int, int]:
    return verdict.script.count("\n"), len(verdict.script)
