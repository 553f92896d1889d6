"""Random programs, and what they compute: written out here once more, to hold the passes against.

``reference`` runs a program value by value in the order of its instructions, with a list for whatever varies. It knows
no sections and no words. Two kinds of programs are drawn:

- *exact* ones are made of arithmetic that floats do without rounding (small dyadic numbers, whose sizes are bounded
  while the program is drawn). However their sums are reassociated, the results are equal to the last bit.
- *any* ones have every function, infinities, NaN and rounding. How far their results may move is measured: the program
  is run with each sum's terms and each result moved by some ulps, several times. Where that makes a number infinite or
  not a number, or the other way round, nothing is promised.
"""

from __future__ import annotations

import functools
import math
import operator
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st

from autograd.compiler import ieee
from autograd.compiler.layout import Output
from autograd.compiler.program import (
    COLUMN,
    CONSTANT,
    COPY,
    DATA,
    EQUAL,
    LANES,
    LESS,
    LESS_EQUAL,
    NONE,
    OWN,
    PICK,
    REDUCE,
    SELECT,
    SOURCES,
    SUM,
    TAKE,
    Program,
    values_in,
)
from autograd.engine.kinds import where
from autograd.engine.rules import RULES, Domain, Rule

COMPARISONS: Final = (LESS, LESS_EQUAL, EQUAL)

# A user's own primitive: no backend knows it. It is computed as its result, and differentiated by its own partials.
OWN_RULES: Final = (
    Rule("own_cube", lambda x: x**3, (lambda x, y: 3 * x * x,), Domain("every x", lambda x: True)),
    Rule(
        "own_minus", lambda a, b: a - b, (lambda a, b, y: 1, lambda a, b, y: -1), Domain("every a", lambda a, b: True)
    ),
    Rule("own_blend", lambda a, b: a, (lambda a, b, y: b, lambda a, b, y: 2), Domain("every a", lambda a, b: True)),
    Rule("own_step", lambda x: x, (lambda x, y: where(x > 1, x, 0),), Domain("every x", lambda x: True)),
    RULES["stop_gradient"],
)

FUNCTIONS: Final = ieee.NATIVE  # all others are recorded as OWN
EXACT: Final = tuple(
    RULES[name] for name in ("relu", "abs", "sign", "floor", "ceil", "trunc", "round", "maximum", "minimum")
)

PLAIN: Final = (1.0, 0.0, -1.0, 2.0, 0.5, -2.0, 3.0, 4.0, -0.5)
ODD: Final = (-0.0, math.inf, -math.inf, math.nan, 0.1, 1e-3, -700.0, 2.0**-1070, 1e300)
BITS: Final = {"float64": 50, "float32": 21}  # of an exact program's largest number


class Case(NamedTuple):
    """A program, and numbers to run it on."""

    program: Program
    numbers: tuple[float, ...]

    def __repr__(self) -> str:  # what Hypothesis prints
        ops = "\n".join(f"  v{self.program.inputs + i} = {op}" for i, op in enumerate(self.program.ops))
        return f"\n{self.program.inputs} inputs {self.numbers}\n{ops}\nreturn {self.program.outputs}\n"


def examples(divisor: int) -> settings:
    """The profile's number of examples, divided: for properties whose single example is expensive."""
    return settings(max_examples=max(settings.default.max_examples // divisor, 5))


# --- Drawing ---


class _Choices:
    """Random choices. The same seed makes the same program, whose beginning does not depend on its length."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def __call__(self, n: int) -> int:
        return int(self.random.random() * n)

    def of(self, options: Sequence[Any]) -> Any:
        return options[self(len(options))]


class _Maker:
    """A program in the making. Of each value: its batch, whether it is 0 or 1, and how many bits it takes at most."""

    def __init__(self, seed: int, exact: bool, limit: int, recorded: bool) -> None:
        self.choose = _Choices(seed)
        self.exact, self.limit = exact, limit
        self.recorded = recorded  # as a trace records: with COPY and OWN, and sums of one or two terms
        self.ops: list[tuple[Any, tuple[Any, ...], int]] = []
        first, second = self.choose.of(((3, 2), (5, 1), (2, 9), (8, 3), (1, 4)))
        self.batches = (0, first, second)
        self.numbers: list[float] = []
        self.columns: list[tuple[int, int, int]] = []  # first input, stride, batch
        for _ in range(1 + self.choose(3)):
            self.numbers.append(self.number())
        for batch in self.batches[1:]:
            width = 1 + self.choose(2)
            start = len(self.numbers)
            self.numbers += [self.number() for _ in range(width * batch)]
            self.columns += [(start + j, width, batch) for j in range(width)]
            self.columns.append((start + batch - 1, -1, batch))  # the first numbers, backwards
        self.columns += [(0, 0, batch) for batch in self.batches[1:]]
        self.batch = [0] * len(self.numbers)
        self.able = {batch: list(range(len(self.numbers))) for batch in self.batches}  # operands, by batch
        self.varying: dict[int, list[int]] = {batch: [] for batch in self.batches}
        self.truth = [False] * len(self.numbers)
        self.bits = [(3, 1)] * len(self.numbers)  # before and after the point

    def number(self) -> float:
        if self.exact or self.choose(2):
            return self.choose.of(PLAIN)
        return self.choose.of((0.7, -1.3, 2.5, -0.2, 1e-8, 37.0, 0.0, -0.0, math.inf, math.nan))

    def add(self, head: Any, operands: tuple[Any, ...], batch: int, bits: tuple[int, int], truth: bool = False) -> int:
        self.ops.append((head, operands, batch))
        self.batch.append(batch)
        self.bits.append(bits)
        self.truth.append(truth)
        value = len(self.batch) - 1
        for each in (batch,) if batch else self.able:
            self.able[each].append(value)
        if batch:
            self.varying[batch].append(value)
        return value

    def pick(self, batch: int) -> int:
        """A value for an operand of an operation in that batch, often one of the last."""
        able = self.able[batch]
        way = self.choose(3)
        if way == 0:
            return able[-1 - self.choose(min(len(able), 4))]
        return self.choose.of((way == 1 and self.varying[batch]) or able)

    def condition(self, batch: int) -> int | None:
        able = [v for v in self.able[batch] if self.truth[v]]
        return self.choose.of(able) if able else None

    def widest(self, values: Iterable[int]) -> int:
        return max((self.batch[v] for v in values), default=0)

    def step(self) -> None:
        batch = self.choose.of(self.batches)
        makers: tuple[Callable[[int], Any], ...] = (
            self.sum, self.function, self.sum, self.constant, self.source, self.comparison, self.select, self.reduce,
            self.take, self.combined, self.function, self.one_sample, self.lanes, self.copy, self.own,
        )  # fmt: skip
        self.choose.of(makers if self.recorded else makers[:-2])(batch)

    def sum(self, batch: int) -> None:
        terms, bits = self.terms(batch, False)
        self.add(SUM, terms, self.widest(v for a, b, _ in terms for v in (a, b) if v >= 0), bits)

    def reduce(self, batch: int) -> None:
        terms, (before, after) = self.terms(batch or self.batches[1], True)
        if terms:
            self.add(REDUCE, terms, 0, (before + 4, after))

    def terms(self, batch: int, all_vary: bool) -> tuple[tuple[Any, ...], tuple[int, int]]:
        terms = []
        bits = (1, 0)
        for _ in range(1 + self.choose(2 if self.recorded and not all_vary else 6)):
            if all_vary and not self.varying[batch]:
                break
            a = self.choose.of(self.varying[batch]) if all_vary else self.pick(batch)
            way = self.choose(5)
            b = self.pick(batch) if way < 2 else self.constant() if way == 2 else None
            before, after = self.bits[a]
            if b is not None:
                before, after = before + self.bits[b][0], after + self.bits[b][1]
            if b is None or self.too_long(before + 3, after):
                b, (before, after) = NONE, self.bits[a]
            if self.too_long(max(before, bits[0]) + 3, max(after, bits[1])):
                continue
            bits = max(before, bits[0]), max(after, bits[1])
            terms.append((b, a, -1) if b >= 0 and self.choose(2) else (a, b, 1 - 2 * self.choose(2)))
        if not terms and not all_vary:
            terms.append((0, NONE, 1))
            bits = 3, 1
        return tuple(terms), (bits[0] + 3, bits[1])

    def too_long(self, before: int, after: int) -> bool:
        return self.exact and before + after + 4 > self.limit

    def constant(self, batch: int = 0) -> int:
        number = self.choose.of(PLAIN if self.exact else PLAIN + ODD)
        return self.add(CONSTANT, (number,), 0, (3, 1), truth=number in (0.0, 1.0))

    def source(self, batch: int) -> None:
        first, stride, batch = self.choose.of(self.columns)
        if self.choose(3):
            self.add(COLUMN, (first, stride), batch, (3, 1))
        else:
            self.add(DATA, (tuple(self.number() for _ in range(batch)),), batch, (3, 1))

    def function(self, batch: int) -> None:
        if self.exact:
            return self.exact_function(batch)
        rule = self.choose.of(FUNCTIONS)
        operands = tuple(self.pick(batch) for _ in range(rule.arity))
        self.add(rule, operands, self.widest(operands), (0, 0))
        return None

    def exact_function(self, batch: int) -> None:
        rule = self.choose.of((*EXACT, RULES["ratio"], RULES["pow"], RULES["leaky_relu"]))
        a = self.pick(batch)
        before, after = self.bits[a]
        if rule in EXACT:
            operands = (a, self.pick(batch))[: rule.arity]
            bits = max(self.bits[v][0] for v in operands), max(self.bits[v][1] for v in operands)
        else:
            numbers = (0.0, 1.0, 2.0) if rule.name == "pow" else (2.0, 0.5, -4.0)
            bits = (before * 2, after * 2) if rule.name == "pow" else (before + 2, after + 2)
            if self.too_long(*bits):
                return
            operands = a, self.add(CONSTANT, (self.choose.of(numbers),), 0, (3, 1))
        self.add(rule, operands, self.widest(operands), bits)

    def comparison(self, batch: int) -> None:
        operands = self.pick(batch), self.pick(batch)
        self.add(self.choose.of(COMPARISONS), operands, self.widest(operands), (1, 0), truth=True)

    def combined(self, batch: int) -> None:
        """Conditions: both, or not."""
        a, b = self.condition(batch), self.condition(batch)
        if a is None or b is None:
            return
        if self.choose(2):
            self.add(SUM, ((a, b, 1),), self.widest((a, b)), (1, 0), truth=True)
        else:
            one = self.add(CONSTANT, (1.0,), 0, (1, 0), truth=True)
            self.add(SUM, ((one, NONE, 1), (a, NONE, -1)), self.batch[a], (1, 0), truth=True)

    def select(self, batch: int) -> None:
        condition = self.condition(batch)
        a, b = self.pick(batch), self.pick(batch)
        if condition is not None:
            bits = max(self.bits[a][0], self.bits[b][0]), max(self.bits[a][1], self.bits[b][1])
            self.add(SELECT, (condition, a, b), self.widest((condition, a, b)), bits)

    def take(self, batch: int) -> None:
        table = [self.pick(batch) for _ in range(1 + self.choose(4))]
        index = self.pick(batch)
        if self.exact:  # inside the table, as NaN isn't exact
            n = self.add(CONSTANT, (float(len(table) - 1),), 0, (3, 0))
            index = self.add(RULES["minimum"], (index, n), self.batch[index], (3, 1))
            n = self.add(CONSTANT, (-float(len(table)),), 0, (3, 0))
            index = self.add(RULES["maximum"], (index, n), self.batch[index], (3, 1))
        bits = max(self.bits[v][0] for v in table), max(self.bits[v][1] for v in table)
        self.add(TAKE, (index, *table), self.widest((index, *table)), bits)

    def one_sample(self, batch: int) -> None:
        varying = [v for each in self.batches if each for v in self.varying[each]]
        if varying:
            a = self.choose.of(varying)
            self.add(PICK, (a, self.choose(self.batch[a])), 0, self.bits[a], truth=self.truth[a])

    def lanes(self, batch: int) -> None:
        size = batch or self.batches[1]
        operands = tuple(self.pick(0) for _ in range(size))
        bits = max(self.bits[v][0] for v in operands), max(self.bits[v][1] for v in operands)
        self.add(LANES, operands, size, bits, truth=all(self.truth[v] for v in operands))

    def copy(self, batch: int) -> None:
        a = self.pick(batch)
        self.add(COPY, (a,), batch or self.batch[a], self.bits[a])

    def own(self, batch: int) -> None:
        rule = self.choose.of(OWN_RULES)
        operands = tuple(self.pick(batch) for _ in range(rule.arity))
        result = self.pick(batch)
        self.add(OWN, (result, rule, *operands), self.widest((result, *operands)), self.bits[result])

    def finish(self) -> Case:
        last = len(self.batch) - 1
        made = range(len(self.numbers), last + 1) or range(last + 1)
        outputs = [made[-1 - self.choose(min(len(made), 6))] for _ in range(1 + self.choose(4))]
        outputs += [self.choose.of(made) for _ in range(self.choose(5))]
        outputs += [self.choose(len(self.batch)) for _ in range(self.choose(3))]  # inputs, constants, columns
        names = {v: f"n{v}" for v in range(0, last + 1, 3)}
        return Case(Program(len(self.numbers), self.ops, outputs, names), tuple(self.numbers))


def _made(seed: int, steps: int, exact: bool, dtype: str, recorded: bool) -> Case:
    maker = _Maker(seed, exact, BITS[dtype], recorded)
    for _ in range(steps):
        maker.step()
    return maker.finish()


def programs(exact: bool = False, dtype: str = "float64", recorded: bool = True) -> st.SearchStrategy[Case]:
    """Random valid programs with their numbers.

    Args:
        exact: only arithmetic that floats of that type do without rounding.
        dtype: of the floats.
        recorded: with COPY, OWN and short sums, as a trace records; else as the passes leave them: longer sums.
    """
    sizes = st.integers(1, 50)
    return st.builds(_made, st.integers(0, 2**32), sizes, st.just(exact), st.just(dtype), st.just(recorded))


# --- What a program computes ---


def reference(
    program: Program,
    numbers: Sequence[Any],
    number: Callable[[float], Any] = float,
    function: Callable[[Any, Sequence[Any]], Any] = ieee.apply,
    moved: Callable[[Any, int], Any] = lambda x, value: x,
) -> list[Any]:
    """Every value of the program: a number for a uniform one, a list for a varying one."""
    known: list[Any] = list(numbers)
    for value, (head, operands, batch) in enumerate(program.ops, start=program.inputs):
        if head is CONSTANT:
            known.append(number(operands[0]))
        elif head is COLUMN:
            known.append([numbers[operands[0] + operands[1] * s] for s in range(batch)])
        elif head is DATA:
            known.append([number(x) for x in operands[0]])
        elif head is PICK:
            known.append(known[operands[0]][operands[1]])
        elif head is LANES:
            known.append([known[x] for x in operands])
        elif head is REDUCE:
            size = max(program.batch_of(x) for x in values_in(head, operands))
            parts = [_sum(operands, _at(known, s), number, moved, value) for s in range(size)]
            known.append(functools.reduce(operator.add, parts))  # Python's sum of floats compensates for rounding
        else:
            result = []
            for s in range(batch or 1):
                at = _at(known, s)
                if head is SUM:
                    y = _sum(operands, at, number, moved, value)
                elif head is COPY or head is OWN:
                    y = at(operands[0])
                else:
                    y = function(head, [at(x) for x in operands])
                result.append(moved(y, value) if head not in COMPARISONS else y)
            known.append(result if batch else result[0])
    return known


def _at(known: Sequence[Any], sample: int) -> Callable[[int], Any]:
    return lambda v: known[v][sample] if isinstance(known[v], list) else known[v]


def _sum(terms: Any, at: Callable[[int], Any], number: Any, moved: Callable[[Any, int], Any], value: int) -> Any:
    y = number(0.0)
    for a, b, sign in terms:
        term = at(a) * at(b) if b >= 0 else at(a)
        y = y + sign * moved(term, value)
    return y


def outputs(program: Program, known: Sequence[Any]) -> list[Any]:
    """The outputs among all values."""
    return [known[x] for x in program.outputs]


def interpreted(program: Program, numbers: Sequence[float]) -> list[Any]:
    """The outputs, from the inputs: floats, and for varying outputs lists with a float for each sample."""
    return outputs(program, reference(program, [float(x) for x in numbers]))


def spread(result: Any, batch: int) -> list[Any]:
    """A result for each sample: what has become uniform is the same for all of them."""
    if hasattr(result, "tolist"):
        result = result.tolist()
    return list(result) if isinstance(result, list) else [result] * max(batch, 1)


# --- Comparing ---


def assert_equal(case: Case, results: Sequence[Any], note: Any = "") -> None:
    """The results are those of the program, which is exact, to the last bit; the sign of 0 apart."""
    program, numbers = case
    expected = outputs(program, reference(program, numbers))
    assert len(results) == len(expected)
    for output, got, right in zip(program.outputs, results, expected):
        batch = program.batch_of(output)
        assert spread(got, batch) == spread(right, batch), f"v{output}\n{case}\n{note}"


def assert_close(
    case: Case, results: Sequence[Any], ulps: float = 4.0, epsilon: float = 2.0**-52, note: Any = ""
) -> None:
    """The results are those of the program, as far as rounding lets them.

    Args:
        case: the program that says what is right.
        results: of what was made of it.
        ulps: by which each function's result may be off.
        epsilon: an ulp of 1 in the type of the results.
        note: for the message.
    """
    program, numbers = case
    right = reference(program, numbers)
    if any(1e-270 > abs(x) > 0.0 or 1e270 < abs(x) < math.inf for v in right for x in spread(v, 0)):
        return  # partial sums may overflow or not, subnormals have few digits
    around = [outputs(program, _rounded(program, numbers, seed, ulps * epsilon)) for seed in range(8)]
    for k, output in enumerate(program.outputs):
        batch = program.batch_of(output)
        got = spread(results[k], batch)
        for s, exact in enumerate(spread(right[output], batch)):
            near = [spread(run[k], batch)[s] for run in around]
            if len({_kind(x) for x in (exact, *near)}) > 1:
                continue  # rounding decides what it is
            at = f"v{output}, sample {s}: {got[s]!r}, not {exact!r}\n{case}\n{note}"
            if not math.isfinite(exact):
                assert _kind(got[s]) == _kind(exact), at
                continue
            allowed = 16 * max(abs(x - exact) for x in near) + ulps * epsilon * abs(exact)
            assert abs(got[s] - exact) <= allowed, f"{at}allowed {allowed}"


def _kind(x: float) -> str:
    return "finite" if math.isfinite(x) else repr(float(x))


def conditions_of(program: Program) -> set[int]:
    """The values that are 0 or 1: comparisons, and what is combined of them."""
    found: set[int] = set()
    for value, (head, operands, _) in enumerate(program.ops, start=program.inputs):
        of_conditions = head in (SUM, COPY) and all(x in found for x in values_in(head, operands))
        if head in COMPARISONS or of_conditions or (head is CONSTANT and operands[0] in (0.0, 1.0)):
            found.add(value)
    return found


def _rounded(program: Program, numbers: Sequence[float], seed: int, size: float) -> list[Any]:
    """The values, with each term and each result moved; the sign of a sum that is 0 is left to chance."""
    rng = random.Random(seed)
    conditions = conditions_of(program)

    def moved(x: float, value: int) -> float:
        if value in conditions:
            return x
        return x * (1.0 + rng.uniform(-size, size)) if x else rng.choice((0.0, -0.0))

    return reference(program, numbers, moved=moved)


def layout_of(program: Program) -> list[Output]:
    """A place for each output, one after the other; every second varying one shares its rows with the next number."""
    layout = []
    start = 0
    for k, output in enumerate(program.outputs):
        batch = program.batch_of(output)
        stride = 1 + k % 2
        layout.append(Output(start, stride, batch) if batch else Output(start, 0, 0))
        start += batch * stride or 1
    return layout


__all__ = [
    "COMPARISONS", "EXACT", "FUNCTIONS", "OWN_RULES", "SOURCES", "Case", "assert_close", "assert_equal",
    "conditions_of", "examples", "interpreted", "layout_of", "outputs", "programs", "reference", "spread",
]  # fmt: skip
