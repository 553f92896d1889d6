"""The kernel's instructions against a plain interpretation of the same words, and its checks against malice."""

import array
import itertools
import math
import shutil
import struct
import subprocess
import sysconfig
import threading
from pathlib import Path

import numpy as np
import pytest

from autograd.compiler import kernel
from autograd.compiler.kernel.build import HERE, SOURCES
from autograd.compiler.kernel.declare import header_file
from autograd.compiler.kernel.words import FUNCTIONS, OPS, read

pytestmark = pytest.mark.skipif(not kernel.available(), reason="there is no compiled kernel")
REALS = ["float64", "float32"]
SETS = list(kernel.instruction_sets()) if kernel.available() else []

# --- A plain interpreter of words: a varying slot is an array of one number per sample, without blocks or lanes. ---

ONE = {"abs": np.abs, "sign": np.sign, "floor": np.floor, "relu": lambda x: np.where(x <= 0, 0, x)}
TWO = {
    "maximum": np.maximum,
    "minimum": np.minimum,
    "less": lambda a, b: np.where(a < b, 1.0, 0.0),
    "less_equal": lambda a, b: np.where(a <= b, 1.0, 0.0),
    "equal": lambda a, b: np.where(a == b, 1.0, 0.0),
}


def interpret(words, sections, memory):
    for section in sections:
        stores = {
            "u": memory,
            "v": np.full((section.slots, section.samples), np.nan),
            "r": [0.0] * section.accumulators,
        }
        for name, header, records, _ in read(words[section.begin : section.end]):
            kind, own = name[2:], stores[name[0].lower()]

            def operands(record, stores=stores, **loops):
                return [stores[place.kind][place.at(**loops)] for x, place in record.places.items() if x != "y"]

            if kind in ("SUM", "ROWS", "GRID"):
                rows = itertools.product(range(header.get("i", 1)), range(header.get("j", 1)))
                for at, (i, j) in enumerate(rows, start=header["y"]):
                    y = 0.0
                    for record in records:
                        for term in range(record.terms):
                            loops = {"i": i, "j": term if name == "U_ROWS" else j}
                            y = y + record.sign * math.prod(operands(record, **loops))
                    if name[0] == "R":
                        own[at] += np.sum(np.broadcast_to(y, section.samples))
                    else:
                        own[at] = y
            elif kind in ("CALL1", "CALL2"):
                function = called(kind, header["function"])
                for record in records:
                    own[record.places["y"].first] = function(*operands(record))
            elif kind == "SELECT":
                for record in records:
                    condition, a, b = operands(record)
                    own[record.places["y"].first] = np.where(condition != 0, a, b)
            elif kind == "TAKE":
                lanes = np.broadcast_arrays(own[header["x"]], *(operands(record)[0] for record in records))
                taken = [chosen(choice, at) for at, *choice in np.reshape(lanes, (len(lanes), -1)).T]
                own[header["y"]] = taken[0] if name[0] == "U" else taken
            else:
                s = np.arange(section.samples)
                for record in records:
                    if name == "V_LOAD":
                        own[record.places["y"].first] = memory[record.places["a"].at(s=s)]
                    else:
                        memory[record.places["y"].at(s=s)] = own[record.places["a"].first]
        for target, y in zip(words[section.targets :], stores["r"]):
            memory[target] = y


def called(kind, number):
    functions = ONE if kind == "CALL1" else TWO
    return next(function for name, function in functions.items() if FUNCTIONS[name] == number)


def chosen(choices, index):
    n, whole = len(choices), math.floor(index) if index == index else len(choices)
    return choices[whole] if -n <= whole < n else math.nan


# --- Random programs.  Sums read small whole numbers only, so every order of summing gives the same bits. ---


class Maker:
    """Words at random. Uniform cells are [inputs | results], slots [small | sums]; sums read inputs and small slots."""

    INPUTS, RESULTS, SLOTS = 30, 20, 9

    def __init__(self, random, samples):
        self.random, self.samples = random, samples
        self.words, self.targets = [], []
        self.columns = self.INPUTS + self.RESULTS  # where the batch's columns begin: 4 to load, 4 to store
        self.memory = self.columns + 8 * samples + self.RESULTS

    def u(self):
        return int(self.random.integers(self.INPUTS))

    def result(self):
        return int(self.INPUTS + self.random.integers(self.RESULTS))

    def v(self):
        return int(self.random.integers(self.SLOTS))

    def sum_slot(self):
        return self.SLOTS + self.v()

    def some(self, most=5):
        return int(self.random.integers(most + 1))

    def of(self, kinds):
        return [self.u() if kind == "u" else self.v() for kind in kinds]

    def terms(self, head, kinds):
        counts = [self.some(9) if self.random.random() < 0.5 else 0 for _ in kinds]
        self.words += [*head, *counts, *(w for n, kind in zip(counts, kinds) for _ in range(n) for w in self.of(kind))]

    def rows(self, head, kinds, k):
        counts = [self.some(4) if self.random.random() < 0.5 else 0 for _ in kinds]
        self.words += [*head, *counts]
        for n, kind in zip(counts, kinds):
            for _ in range(n):
                limits = [self.INPUTS if of == "u" else self.SLOTS for of in kind]
                strided = [self.strided([max(k, 1)], limit) for limit in limits]
                self.words += [first for first, _ in strided] + [stride for _, stride in strided]

    def strided(self, sizes, limit):
        """An index and as many strides, so that index + Σ i·stride is below the limit for all i below their sizes."""
        strides, low, high = [], 0, 0
        for size in sizes:
            most = (limit - 1 - (high - low)) // max(size - 1, 1)
            stride = int(self.random.integers(-min(most, 3), min(most, 3) + 1)) if most else 0
            strides.append(stride)
            low, high = low + min(0, stride * (size - 1)), high + max(0, stride * (size - 1))
        return [int(self.random.integers(-low, limit - high)), *strides]

    def tiles(self):
        k, counts = self.some(self.RESULTS), [self.some(3), self.some(2), self.some(2)]
        self.words += [OPS["U_ROWS"], self.INPUTS + self.some(self.RESULTS - k), k, *counts]
        for _ in range(counts[0] + counts[1]):
            n = self.some(12)
            a, b = (self.strided([max(k, 1), max(n, 1)], self.INPUTS) for _ in "ab")
            self.words += [*a, *b, n]
        for _ in range(counts[2]):
            self.words += self.strided([max(k, 1)], self.INPUTS)

    def grid(self, reduces):
        most = 40 if reduces else self.SLOTS
        m = 1 + self.some(min(most, 10) - 1)
        k = 1 + self.some(most // m - 1)
        first = self.accumulator(m * k) if reduces else self.SLOTS + self.some(self.SLOTS - m * k)
        pairs, singles = self.some(4), 0 if reduces else self.some(2)
        head = [OPS["R_GRID"], first, m, k, pairs] if reduces else [OPS["V_GRID"], first, m, k, pairs, singles]
        self.words += head
        for _ in range(pairs):
            (a, ia), (b, jb) = (
                self.strided([n], x) for n, x in ((m, self.SLOTS), (k, self.SLOTS if reduces else self.INPUTS))
            )
            self.words += [a, b, ia, jb]
        for _ in range(singles):
            self.words += self.strided([m, k], self.SLOTS)

    def function(self, functions):
        return FUNCTIONS[str(self.random.choice(list(functions)))]

    def uniform(self):
        kind = self.some(5)
        if kind == 5:
            self.tiles()
        elif kind == 0:
            self.terms([OPS["U_SUM"], self.result()], ["uu", "uu", "u"])
        elif kind == 1:
            k = self.some()
            self.words += [OPS["U_CALL1"], self.function(ONE), k, *self.independent_calls(k, 1)]
        elif kind == 2:
            k = self.some()
            self.words += [OPS["U_CALL2"], self.function(TWO), k, *self.independent_calls(k, 2)]
        elif kind == 3:
            k = self.some()
            self.words += [OPS["U_SELECT"], k, *self.calls(k, self.u, "uuu")]
        else:
            n = self.some()
            self.words += [OPS["U_TAKE"], self.u(), self.u(), n, *self.of("u" * n)]

    def calls(self, k, destination, kinds):
        return [word for _ in range(k) for word in (destination(), *self.of(kinds))]

    def independent_calls(self, k, arity):
        half = self.INPUTS // 2
        return [w for _ in range(k) for w in (half + self.u() // 2, *(self.u() // 2 for _ in range(arity)))]

    def varying(self):
        kind, k = self.some(11), self.some()
        if kind > 9:
            self.grid(reduces=kind == 11)
        elif kind == 0:
            self.terms([OPS["V_SUM"], self.sum_slot()], ["vv", "vv", "vu", "vu", "v", "u"])
        elif kind == 1:
            self.terms([OPS["R_SUM"], self.accumulator()], ["vv", "vv", "vu", "vu", "v"])
        elif kind == 2:
            k = 1 + self.some(self.SLOTS - 1)
            self.rows([OPS["V_ROWS"], self.SLOTS + self.some(self.SLOTS - k), k], ["vv", "vv", "vu", "vu", "v", "u"], k)
        elif kind == 3:
            k = self.some(20)
            self.rows([OPS["R_ROWS"], self.accumulator(max(k, 1)), k], ["vv", "vv", "vu", "vu", "v"], k)
        elif kind == 4:
            self.words += [OPS["V_CALL1"], self.function(ONE), k, *self.calls(k, self.v, "v")]
        elif kind == 5:
            kinds = self.some(2)
            self.words += [OPS["V_CALL2"], self.function(TWO), kinds, k]
            self.words += self.calls(k, self.v, ("vv", "vu", "uv")[kinds])
        elif kind == 6:
            mask = self.some(7)
            kinds = "".join("u" if mask >> i & 1 else "v" for i in range(3))
            self.words += [OPS["V_SELECT"], mask, k, *self.calls(k, self.v, kinds)]
        elif kind == 7:
            kinds = self.some(1)
            self.words += [OPS["V_TAKE"], self.v(), self.v(), kinds, k, *self.of("uv"[kinds] * k)]
        elif kind == 8:
            self.words += [OPS["V_STORE"], 1, self.sum_slot() if k % 2 else self.v(), *self.column(4)]
        else:
            self.words += [OPS["V_LOAD"], 1, self.v(), *self.column(0)]

    def column(self, first):
        """Start and stride: a column of its own, one interleaved with another, one backwards, or one number for all."""
        n, start = self.samples, self.columns + first * self.samples
        column, shape = int(self.random.integers(2)), self.some(3)
        if shape == 0 and first == 0:
            return [self.u(), 0]
        if shape == 1:
            return [start + column, 2]
        if shape == 2:
            return [start + 3 * n - 1, -1]
        return [start + 3 * n, 1]

    def accumulator(self, n=1):
        first = len(self.targets)
        last = self.columns + 8 * self.samples
        self.targets += [last + self.some(self.RESULTS - 1) for _ in range(n)]
        return first

    def loads(self):
        self.words += [OPS["V_LOAD"], 2 * self.SLOTS]
        for slot in range(2 * self.SLOTS):
            self.words += [slot, *self.column(0)]

    def program(self, width, sections=4):
        made = []
        for _ in range(sections):
            begin, varying = len(self.words), self.random.random() < 0.7
            self.targets = []
            if varying:
                self.loads()
            for _ in range(self.some(12)):
                self.varying() if varying else self.uniform()
            end = len(self.words)
            self.words += self.targets
            if varying:
                fields = (width, self.samples, 2 * self.SLOTS, len(self.targets), end)
                made.append(kernel.Section(True, begin, end, *fields))
            else:
                made.append(kernel.Section(False, begin, end))
        return made

    def numbers(self, real):
        return self.random.integers(-3, 4, self.memory).astype(real)


def sample_counts(real, width):
    lanes = kernel.LANES[real]
    return [1, lanes - 1, lanes, lanes + 1, 3 * width * lanes + 5]


@pytest.mark.parametrize("width", kernel.WIDTHS)
@pytest.mark.parametrize("real", REALS)
def test_random_programs_do_what_their_words_say(real, width):
    random = np.random.default_rng(width)
    for samples in sample_counts(real, width):
        for _ in range(6):
            maker = Maker(random, samples)
            sections = maker.program(width)
            before = maker.numbers(real)
            expected = before.astype("float64")
            with np.errstate(invalid="ignore"):
                interpret(maker.words, sections, expected)
            code = kernel.Code(maker.words, sections, maker.memory, real)
            for instruction_set in SETS:
                for threads in (1, 3):
                    memory = before.copy()
                    code.run(memory, threads=threads, instruction_set=instruction_set)
                    np.testing.assert_array_equal(memory, expected)


@pytest.mark.parametrize("real", REALS)
def test_long_sums(real):
    random = np.random.default_rng(0)
    for n in [*range(12), 100, 1001]:
        memory = random.integers(-3, 4, 41).astype(real)
        terms = [int(i) for i in random.integers(0, 40, 2 * n)]
        words = [OPS["U_SUM"], 40, n, n // 2, n % 3, *terms, *terms[: n // 2 * 2], *range(n % 3)]
        a, b = memory[terms[::2]], memory[terms[1::2]]
        expected = a @ b - a[: n // 2] @ b[: n // 2] + memory[: n % 3].sum()
        for instruction_set in SETS:
            kernel.Code(words, [kernel.Section(False, 0, len(words))], 41, real).run(memory, 1, 1, instruction_set)
            assert memory[40] == expected


def test_copies_happen_at_once_after_every_run():
    words = [OPS["U_SUM"], 2, 0, 0, 2, 0, 1]  # Fibonacci: (a, b) becomes (b, a + b)
    code = kernel.Code(words, [kernel.Section(False, 0, len(words))], 3, copies=[(1, 2), (0, 1)])
    memory = array.array("d", [0.0, 1.0, 0.0])
    code.run(memory, repeats=70)
    assert memory[0] == 190392490709135.0


def test_infinities_beyond_the_batch_leave_the_sums_alone():
    samples = 3
    for width in kernel.WIDTHS:
        words = [OPS["V_LOAD"], 1, 0, 0, 1, OPS["V_CALL1"], FUNCTIONS["log"], 1, 1, 0]
        words += [OPS["R_SUM"], 0, 0, 0, 0, 0, 1, 1, OPS["R_ROWS"], 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0]
        words += [OPS["R_GRID"], 2, 1, 1, 1, 1, 1, 0, 0]
        end = len(words)
        words += [3, 4, 5]
        first = kernel.Section(True, 0, end, width, samples, 2, 3, end)
        full = kernel.Section(True, 0, end, width, 8 * width, 2, 3, end)
        memory = np.zeros(8 * width + 6)
        kernel.Code(words, [full], len(memory)).run(memory)  # leaves log 0 in every lane
        memory[:3] = [1.0, math.e, math.e]
        kernel.Code(words, [first], len(memory)).run(memory)
        assert list(memory[3:6]) == pytest.approx([2.0, 2.0, 2.0])


def test_an_empty_batch_sums_to_nothing():
    words = [OPS["V_LOAD"], 1, 0, 0, 1, OPS["R_SUM"], 0, 0, 0, 0, 0, 1, 0, 1]
    memory = np.array([5.0, 7.0])
    kernel.Code(words, [kernel.Section(True, 0, 13, 1, 0, 1, 1, 13)], 2).run(memory)
    assert list(memory) == [5.0, 0.0]


def test_threads_run_one_program_side_by_side():
    maker = Maker(np.random.default_rng(5), 500)
    sections = maker.program(2, 6)
    code = kernel.Code(maker.words, sections, maker.memory)
    before = maker.numbers("float64")
    expected = before.copy()
    code.run(expected)
    copies = [before.copy() for _ in range(8)]
    workers = [threading.Thread(target=code.run, args=(memory, 1, 1 + i % 2)) for i, memory in enumerate(copies)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for memory in copies:
        np.testing.assert_array_equal(memory, expected)


def test_memory_must_fit():
    code = kernel.Code([], [kernel.Section(False, 0, 0)], 3)
    for memory in [np.zeros(2), np.zeros(3, "float32"), b"123456781234567812345678", np.zeros((3, 2))[:, 0]]:
        with pytest.raises((ValueError, BufferError)):
            code.run(memory)


# --- Programs that must not run ---

UNIFORM = kernel.Section(False, 0, 0)
VARYING = kernel.Section(True, 0, 0, 1, 20, 4, 4, 0)
BAD = [
    ("no such instruction", UNIFORM, [99]),
    ("no such instruction", UNIFORM, [-1]),
    ("uniform instruction in a varying", VARYING, ["U_SUM", 0, 0, 0, 0]),
    ("uniform instruction in a varying", UNIFORM, ["V_SUM", 0, 0, 0, 0, 0, 0, 0]),
    ("fewer words", UNIFORM, ["U_SUM", 0, 0]),
    ("fewer words", UNIFORM, ["U_SUM", 0, 2, 0, 0, 1, 1, 1]),
    ("negative", UNIFORM, ["U_SUM", 0, -1, 0, 0]),
    ("fewer words", UNIFORM, ["U_SUM", 0, 2**31 - 2, 0, 0, 1, 1]),
    ("index", UNIFORM, ["U_SUM", 100, 0, 0, 0]),
    ("index", UNIFORM, ["U_SUM", 0, 1, 0, 0, 1, 100]),
    ("index", UNIFORM, ["U_SUM", 0, 1, 0, 0, -1, 1]),
    ("no such function", UNIFORM, ["U_CALL1", 99, 1, 1, 1]),
    ("no such function", UNIFORM, ["U_CALL2", -1, 1, 1, 1, 1]),
    ("index", UNIFORM, ["U_CALL1", 0, 1, 1, 100]),
    ("index", UNIFORM, ["U_SELECT", 1, 1, 1, 1, 100]),
    ("index", UNIFORM, ["U_TAKE", 1, 1, 1, 100]),
    ("index", VARYING, ["V_SUM", 4, 0, 0, 0, 0, 0, 0]),
    ("index", VARYING, ["V_SUM", 0, 0, 0, 1, 0, 0, 0, 4, 0]),
    ("index", VARYING, ["V_SUM", 0, 0, 0, 1, 0, 0, 0, 0, 100]),
    ("index", VARYING, ["V_ROWS", 0, 5, 0, 0, 0, 0, 0, 0]),
    ("index", VARYING, ["V_ROWS", 3, 2, 0, 0, 0, 0, 0, 0]),
    ("index", VARYING, ["V_ROWS", 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
    ("index", VARYING, ["V_ROWS", 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 1, -1]),
    ("index", VARYING, ["V_ROWS", 0, 2, 0, 0, 0, 0, 0, 1, 99, 1]),
    ("index", VARYING, ["V_ROWS", 0, 2, 0, 0, 0, 0, 1, 0, 3, 1]),
    ("fewer words", VARYING, ["V_ROWS", 0, 2, 0, 0, 0, 0, 2, 0, 0, 1]),
    ("index", VARYING, ["R_ROWS", 0, 5, 0, 0, 0, 0, 0]),
    ("index", VARYING, ["V_GRID", 0, 3, 2, 0, 0]),
    ("index", VARYING, ["V_GRID", 0, 2, 2, 1, 0, 3, 0, 1, 0]),
    ("index", VARYING, ["V_GRID", 0, 2, 2, 1, 0, 0, 99, 0, 1]),
    ("index", VARYING, ["V_GRID", 0, 2, 2, 0, 1, 1, 1, 2]),
    ("negative", VARYING, ["V_GRID", 0, 2**16, 2**16, 0, 0]),
    ("fewer words", VARYING, ["V_GRID", 0, 2, 2, 1, 0, 0, 0, 1]),
    ("index", VARYING, ["R_GRID", 0, 5, 1, 0]),
    ("index", VARYING, ["R_GRID", 0, 2, 2, 1, 0, 3, 0, 1]),
    ("fewer words", VARYING, ["R_GRID", 0, 2, 2, 2, 0, 0, 1, 1]),
    ("index", UNIFORM, ["U_ROWS", 98, 3, 0, 0, 0]),
    ("index", UNIFORM, ["U_ROWS", 0, 3, 1, 0, 0, 0, 1, 30, 0, 1, 40, 4]),
    ("index", UNIFORM, ["U_ROWS", 0, 3, 1, 0, 0, 0, 2**31 - 1, 2**31 - 1, 0, 0, 0, 4]),
    ("negative", UNIFORM, ["U_ROWS", 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, -1]),
    ("index", UNIFORM, ["U_ROWS", 0, 3, 0, 0, 1, 98, 1]),
    ("index", VARYING, ["R_SUM", 4, 0, 0, 0, 0, 0]),
    ("kind", VARYING, ["V_CALL2", 0, 3, 0]),
    ("kind", VARYING, ["V_SELECT", 8, 0]),
    ("kind", VARYING, ["V_TAKE", 0, 0, 2, 0]),
    ("index", VARYING, ["V_LOAD", 1, 0, 0, 6]),
    ("index", VARYING, ["V_LOAD", 1, 0, 5, -1]),
    ("index", VARYING, ["V_STORE", 1, 0, 81, 1]),
    ("index", VARYING, ["V_STORE", 1, 0, 0, 2**31 - 1]),
    ("width", VARYING._replace(width=3), []),
    ("section's words", VARYING._replace(accumulators=1, targets=1), []),
    ("section's words", VARYING._replace(slots=-1), []),
    ("section's words", VARYING._replace(samples=-1), []),
]


@pytest.mark.parametrize(("reason", "section", "words"), BAD)
def test_bad_programs_are_refused(reason, section, words):
    numbers = [OPS[word] if isinstance(word, str) else word for word in words]
    if section == VARYING:
        numbers = [*numbers, 0, 0, 0, 0]
        section = section._replace(targets=len(words))
    with pytest.raises(ValueError, match=reason):
        kernel.Code(numbers, [section._replace(end=len(words))], 100)


def test_bad_sections_targets_and_copies_are_refused():
    for sections, copies in [
        ([kernel.Section(False, 0, 2)], []),
        ([kernel.Section(False, 1, 0)], []),
        ([kernel.Section(True, 0, 0, 1, 1, 1, 1, 0)], []),
        ([kernel.Section(True, 0, 0, 8, 1, 2**31 - 1)] * 200, []),  # more memory than there is
        ([], [(0, 3)]),
        ([], [(-1, 0)]),
    ]:
        with pytest.raises(ValueError, match="not a program"):
            kernel.Code([3], sections, 3, copies=copies)


def mutated(random, maker, sections):
    """A program that was sound until some of its words and fields changed."""
    words, sections = list(maker.words), list(sections)
    interesting = [-1, 0, 1, 2, 7, 2**31 - 1, maker.memory - 1, maker.memory, 2 * maker.SLOTS, len(words), 16, 17, 30]
    for _ in range(random.integers(1, 4)):
        if words:
            at = random.integers(len(words))
            words[at] = int(random.choice([random.choice(interesting), words[at] + 1, random.integers(-50, 100)]))
    if sections and random.random() < 0.3:
        at, field = random.integers(len(sections)), random.integers(1, 8)
        fields = list(sections[at])
        fields[field] = int(random.choice([*interesting, fields[field] + 1, fields[field] - 1]))
        sections[at] = kernel.Section(*fields)
    return words, sections


def programs(random, n):
    for _ in range(n):
        maker = Maker(random, int(random.integers(1, 40)))
        sections = maker.program(int(random.choice(kernel.WIDTHS)))
        yield (*mutated(random, maker, sections), maker.memory)


def is_small(sections):
    return all(s.samples < 10_000 and s.slots < 1000 and s.accumulators < 10_000 for s in sections)


def test_no_program_that_is_accepted_writes_outside_its_memory():
    random, guard, accepted = np.random.default_rng(3), 4096, 0
    for words, sections, memory in programs(random, 600):
        if not is_small(sections):
            continue
        real = str(random.choice(REALS))
        try:
            code = kernel.Code(np.array(words, "int32"), sections, memory, real)
        except ValueError:
            continue
        accepted += 1
        guarded = random.integers(-3, 4, memory + 2 * guard).astype(real)
        before = guarded.copy()
        for instruction_set in SETS:
            code.run(guarded[guard:-guard], threads=2, instruction_set=instruction_set)
        np.testing.assert_array_equal(guarded[:guard], before[:guard])
        np.testing.assert_array_equal(guarded[-guard:], before[-guard:])
    assert accepted > 60


DRIVER = r"""
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include "kernel.h"

static int32_t next(FILE *file) {
    int32_t word;
    if (fread(&word, 4, 1, file) != 1) exit(0);
    return word;
}

int kernel_pause(void) { return 0; }

int main(int n, char **arguments) { /* each program: memory, single, words, sections, then the words and sections */
    FILE *file = n > 1 ? fopen(arguments[1], "rb") : NULL;
    if (!file) return 1;
    for (;;) {
        int32_t memory = next(file), single = next(file), words = next(file), sections = next(file);
        int32_t *code = malloc(4 * (size_t)words); /* of the exact size, for the sanitizer's sake */
        Section *s = malloc(sizeof(Section) * (size_t)sections);
        for (int32_t i = 0; i < words; i++) code[i] = next(file);
        for (int32_t i = 0; i < sections * 8; i++) ((int32_t *)s)[i] = next(file);
        Program p = {code, words, s, sections, single, memory, NULL, 0, NULL};
        int64_t position;
        kernel_shorten(&p, code);
        int reason = kernel_check(&p, &position);
        putchar(reason ? '.' : 'R');
        Piece *pieces = reason ? NULL : malloc(sizeof(Piece) * (size_t)kernel_pieces(&p, NULL));
        if (!reason) kernel_pieces(&p, pieces);
        p.pieces = pieces;
        if (!reason)
            for (int threads = 1; threads <= 2; threads++) {
                size_t size = single ? 4 : 8;
                void *M = calloc((size_t)memory, size), *scratch = NULL;
                size_t bytes = (size_t)kernel_scratch(&p, threads);
                if (posix_memalign(&scratch, 64, bytes ? bytes : 1)) return 2;
                memset(scratch, 0, bytes);
                for (int32_t i = 0; i < memory; i++)
                    if (single) ((float *)M)[i] = (float)(i % 7 - 3);
                    else ((double *)M)[i] = i % 7 - 3;
                kernel_run(&p, M, scratch, 2, threads, 0);
                free(M);
                free(scratch);
            }
        free(pieces);
        free(code);
        free(s);
    }
}
"""


def sanitized(folder):
    """The driver's path, built with AddressSanitizer; None where the compiler has none."""
    compiler = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]) or shutil.which("cc")
    if compiler is None:
        return None
    source, binary, built_from = folder / "driver.c", folder / "driver", folder / "built-from"
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    source.write_text("int main(void) { return 0; }")
    if subprocess.run(
        [compiler, *sanitizers, str(source), "-o", str(folder / "empty")], capture_output=True
    ).returncode:
        return None
    source.write_text(DRIVER)
    text = DRIVER + "".join(file.read_text() for file in (*SOURCES, *sorted(HERE.glob("*.h"))))
    if not (binary.exists() and built_from.exists() and built_from.read_text() == text):
        flags = ["-std=gnu11", "-g", "-pthread", "-DKERNEL_BASELINE_ONLY", "-I", str(HERE)]
        files = [str(file) for file in (source, *SOURCES)]
        subprocess.run([compiler, *flags, *sanitizers, *files, "-o", str(binary), "-lm"], check=True)
        built_from.write_text(text)
    return binary


def test_no_program_that_is_accepted_steps_outside_under_address_sanitizer(pytestconfig, tmp_path):
    cache = getattr(pytestconfig, "cache", None)
    binary = sanitized(Path(cache.mkdir("kernel")) if cache else tmp_path)
    if binary is None:
        pytest.skip("the C compiler has no AddressSanitizer")
    random, file = np.random.default_rng(4), tmp_path / "programs"
    with file.open("wb") as out:
        for words, sections, memory in programs(random, 1500):
            if is_small(sections):
                head = (memory, int(random.integers(2)), len(words), len(sections))
                numbers = [*head, *words, *(int(field) for section in sections for field in section)]
                out.write(struct.pack(f"{len(numbers)}i", *numbers))
    run = subprocess.run([str(binary), str(file)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.count("R") > 150


# --- The files ---

INSTRUCTION_SETS = {
    16: [],
    32: ["-mavx2", "-mfma"],
    64: ["-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw"],
}


def test_the_declarations_in_c_are_those_of_words():
    assert (HERE / "words.h").read_text(encoding="utf-8") == header_file(), "python -m autograd.compiler.kernel.declare"


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("size", INSTRUCTION_SETS)
def test_the_functions_of_a_vector_stand_alone(compiler, size, tmp_path):
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", *INSTRUCTION_SETS[size]]
    source, out = tmp_path / "alone.c", str(tmp_path / "alone.o")
    source.write_text("int alone;")
    if not shutil.which(compiler) or subprocess.run([compiler, *flags, "-c", str(source), "-o", out]).returncode:
        pytest.skip(f"{compiler} doesn't have these instructions")
    source.write_text(f'#define BYTES {size}\n#include "{HERE / "functions.h"}"\nint alone;')
    compiled = subprocess.run([compiler, *flags, "-c", str(source), "-o", out], capture_output=True, text=True)
    assert compiled.returncode == 0, compiled.stderr
