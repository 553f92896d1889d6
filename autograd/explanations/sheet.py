"""``spreadsheet``: a graph as a workbook with live formulas, and the training of a network as the classical sheet.

Every formula is the table's: the value of a cell is its rule, its gradient the sum over the cells that use it of their
gradient times the rule's partial. Numbers are stored beside formulas, for programs that only show them.
"""

from __future__ import annotations

import copy
import io
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from autograd.engine import graph
from autograd.engine.rules import LEAF
from autograd.engine.value import Value
from autograd.errors import MissingDependency
from autograd.explanations.algebra import Symbol, evaluated, is_number, operation, simplified, text
from autograd.explanations.cells import cell_formula
from autograd.explanations.derivation import Derivation
from autograd.explanations.replay import recipe, replayed
from autograd.explanations.stations import Stations
from autograd.files import path_of, write_whole
from autograd.views.render import visible

MOST: Final = 20_000  # rows of a graph
RATES: Final = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0)
_TOP: Final = 3  # rows above those of the numbers


def spreadsheet(
    v: Any,
    path: str | os.PathLike[str],
    *,
    inputs: Sequence[float] | None = None,
    targets: Sequence[float] | None = None,
    lr: float = 0.5,
    steps: int = 200,
) -> Path:
    """Write an .xlsx workbook with live formulas.

    Of a Value, a row for each Value of its graph: label, formula, value, gradient. The inputs are cells to change.

    Of a network with a ``loss(inputs, targets)``, such as W8Network, gradient descent: a sheet for each of six learning
    rates and for ``lr``, a row an update, the rate in a cell, and a chart of the errors.

    Args:
        v: the Value, or the network; neither is changed.
        path: the file; its ending is .xlsx.
        inputs, targets: of a network, the sample.
        lr: of a network, the learning rate of the first sheet.
        steps: of a network, how many updates.

    Returns:
        The path.

    Raises:
        ValueError: the ending is another one, the graph is too large, or spreadsheets lack one of its functions.
        MissingDependency: XlsxWriter is not installed.

    >>> from autograd import Value
    >>> x = Value(3.0, "x")
    >>> spreadsheet(x * x, "square.csv")
    Traceback (most recent call last):
    ValueError: a spreadsheet's file ends in .xlsx, not '.csv': square.csv
    """
    target = path_of(path, 'spreadsheet(y, "graph.xlsx")')
    if target.suffix.lower() != ".xlsx":
        raise ValueError(f"a spreadsheet's file ends in .xlsx, not {target.suffix!r}: {target}")
    book = _Book()
    if isinstance(v, Value):
        _graph(book, v)
    elif hasattr(v, "loss") and hasattr(v, "parameters"):
        if inputs is None or targets is None:
            raise ValueError("the sheet of a network needs a sample: spreadsheet(net, path, inputs=..., targets=...)")
        if not 0 < lr < math.inf or not 1 <= steps <= 10_000:
            raise ValueError(f"lr is positive, and steps from 1 to 10,000, not {lr!r} and {steps!r}")
        _training(book, v, inputs, targets, lr, steps)
    else:
        raise TypeError(f"a spreadsheet is made of a Value or a network with a loss, not {type(v).__name__}")
    return write_whole(target, book.content())


class _Book:
    """A workbook in memory, with the formats that its sheets use."""

    def __init__(self) -> None:
        try:
            import xlsxwriter
        except ImportError:
            raise MissingDependency("a spreadsheet needs XlsxWriter; install it with: pip install xlsxwriter") from None
        self.buffer = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.buffer, {"in_memory": True})
        self.book.set_calc_mode("auto")
        self.address = xlsxwriter.utility.xl_rowcol_to_cell
        self.heading = self.book.add_format({"bold": True, "bottom": 1})
        self.title = self.book.add_format({"bold": True, "font_size": 14})
        self.input = self.book.add_format({"bg_color": "#fff3c4", "border": 1, "border_color": "#b8860b"})
        self.plain = self.book.add_format({"num_format": "0.000000000"})

    def content(self) -> bytes:
        """The file."""
        self.book.close()
        return self.buffer.getvalue()


# --- A graph: a row for each Value ---

_COLUMNS: Final = ("label", "formula", "value", "gradient")


def _graph(book: _Book, output: Value) -> None:
    order = graph.shown(graph.topological_order(output))
    if len(order) > MOST:
        raise ValueError(f"a sheet has a row for each Value, {MOST:,} at most; this graph has {len(order):,}")
    gradient = Stations(output).adjoints()
    for node in order:
        if not math.isfinite(node.data) or not math.isfinite(gradient[node]):
            raise ValueError(f"a spreadsheet holds finite numbers only; this Value has another: {node!r:.100}")
    rows = {node: _TOP + i for i, node in enumerate(order)}
    symbols = {node: Symbol(node.label or f"u{i + 1}", node.data, str(rows[node])) for i, node in enumerate(order)}
    gradients: dict[Value, list[str]] = {node: [] for node in order}
    gradients[output].append("1")
    sheet = book.book.add_worksheet("graph")
    sheet.write_string(0, 0, visible(f"The graph of {output.label or 'y'}, and its gradients"), book.title)
    sheet.write_string(1, 0, "Change a yellow cell: every value and every gradient follows.")
    for column, heading in enumerate(_COLUMNS):
        sheet.write_string(_TOP - 1, column, heading, book.heading)
    for node in reversed(order):
        formula = "+".join(gradients[node]) or "0"
        if len(formula) > 8000:  # what a cell takes is 8192 characters
            raise ValueError(f"{node!r} is used {len(gradients[node]):,} times, too often for the formula of one cell")
        sheet.write_formula(rows[node], 3, "=" + formula, book.plain, gradient[node])
        _hand_down(node, symbols, gradients)
    for node in order:
        _row(book, sheet, rows[node], node, symbols)
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 36)
    sheet.set_column(2, 3, 18)
    sheet.freeze_panes(_TOP, 1)


def _address(symbol: Symbol) -> str:
    return f"C{int(symbol.below) + 1}"


def _written(x: Any, symbols: dict[Value, Symbol]) -> Any:
    return symbols[x] if isinstance(x, Value) else x


def _row(book: _Book, sheet: Any, row: int, node: Value, symbols: dict[Value, Symbol]) -> None:
    sheet.write_string(row, 0, visible(str(symbols[node].leaf)))
    if node._rule is LEAF:
        sheet.write_number(row, 2, node.data, book.input)
        return
    operands = [_written(x, symbols) for x in node._operands()]
    named = [Symbol(str(x.leaf), x.number) if isinstance(x, Symbol) else x for x in operands]
    sheet.write_string(row, 1, visible(text(operation(node._rule, named))))
    formula = cell_formula(operation(node._rule, operands), _address)
    sheet.write_formula(row, 2, "=" + formula, book.plain, node.data)


def _hand_down(node: Value, symbols: dict[Value, Symbol], gradients: dict[Value, list[str]]) -> None:
    """To each operand, this cell's gradient times the partial."""
    operands = [_written(x, symbols) for x in node._operands()]
    for position, (x, recorded) in enumerate(node._edges()):
        if isinstance(x, Value):
            partial = _partial(node, position, operands, symbols[node], recorded)
            if is_number(partial) and partial == 0:
                continue
            above = f"D{int(symbols[node].below) + 1}"
            factor = cell_formula(partial, _address)
            simple = factor.replace(".", "").isalnum()
            gradients[x].append(above if factor == "1" else f"{above}*{factor if simple else f'({factor})'}")


def _partial(node: Value, position: int, operands: list[Any], y: Symbol, recorded: float) -> Any:
    """The textbook's partial, or the accurate one where a spreadsheet can't compute the other, or not as well."""
    complaint: Exception = ValueError(f"a spreadsheet has no derivative of {node.op}")
    for column in (node._rule.textbook, node._rule.partials):
        try:
            formula = simplified(column[position](*operands, y))
            if not math.isclose(evaluated(formula), recorded, rel_tol=1e-12, abs_tol=1e-300):
                continue
            cell_formula(formula, _address)
            return formula
        except (ArithmeticError, ValueError, TypeError) as error:
            complaint = error
    raise ValueError(f"the derivative of {node.op} at {node!r} can't be written for a spreadsheet: {complaint}")


# --- The training of a network ---


def _training(book: _Book, net: Any, inputs: Sequence[float], targets: Sequence[float], lr: float, steps: int) -> None:
    training = _Training(book, net, inputs, targets, steps)
    rates = [lr, *(rate for rate in RATES if rate != lr)]
    overview = book.book.add_worksheet("error")
    overview.write_string(0, 0, f"{training.error} at {len(rates)} learning rates", book.title)
    chart = book.book.add_chart({"type": "line"})
    chart.set_title({"name": f"{training.error} over the updates"})
    chart.set_x_axis({"name": "update"})
    chart.set_y_axis({"name": training.error, "min": 0})
    chart.set_size({"width": 900, "height": 480})
    column = training.place[training.error]
    for rate in rates:
        name = f"rate {rate:g}"
        training.write(book.book.add_worksheet(name), rate)
        rows = (_TOP, _TOP + steps - 1)
        categories, values = [name, rows[0], 0, rows[1], 0], [name, rows[0], column, rows[1], column]
        chart.add_series({"name": name, "categories": categories, "values": values, "line": {"width": 1.5}})
    overview.insert_chart(2, 0, chart)


class _Training:
    """Gradient descent on one sample: the columns of a row, and the formulas in them."""

    def __init__(self, book: _Book, net: Any, inputs: Sequence[float], targets: Sequence[float], steps: int) -> None:
        self.book = book
        self.steps = steps
        net = copy.deepcopy(net)
        error = net.loss(inputs, targets)
        self.stations = s = Stations(error, net.parameters())
        self.weights = [w for w in net.parameters() if w in s.place]
        given = sorted((x for x in s.leaves if x.label and x not in set(self.weights)), key=lambda x: x.label)
        made = [node for node in s.order if node in s.stations and node._rule is not LEAF]
        self.columns = [*given, *self.weights, *made]
        self.error = s.name(error)
        self.place = {s.name(node): i for i, node in enumerate(self.columns, start=1)}
        blocks = Derivation(s).blocks()
        lines = [line for block in blocks for line in block.all_lines() if line.kind != "value" and line.formulas]
        self.slopes = {(line.symbol.leaf, line.symbol.below): line.formulas[-1] for line in lines}
        self.recipe = recipe(error, self.weights)
        self.row_of = {node: i for i, node in enumerate(graph.shown(graph.topological_order(error)))}

    def write(self, sheet: Any, rate: float) -> None:
        """A sheet for a learning rate: a row for each update."""
        names = [self.stations.name(node) for node in self.columns]
        headings = ["update", *names, *(f"∂E/∂{self.stations.name(w)}" for w in self.weights)]
        sheet.write_string(0, 0, "Gradient descent: each row is an update", self.book.title)
        sheet.write_string(1, 0, "η =")
        sheet.write_number(1, 1, rate, self.book.input)
        for column, heading in enumerate(headings):
            sheet.write_string(_TOP - 1, column, visible(heading), self.book.heading)
        sheet.set_column(1, len(headings), 12)
        sheet.freeze_panes(_TOP, 1)
        numbers = {self.row_of[w]: w.data for w in self.weights}
        for step in range(self.steps):
            values = replayed(self.recipe, numbers)
            values[-1].backward()
            sheet.write_number(_TOP + step, 0, step)
            for column, (formula, number) in enumerate(self._cells(_TOP + step, step == 0, values), start=1):
                if formula:
                    sheet.write_formula(_TOP + step, column, "=" + formula, self.book.plain, number)
                else:
                    sheet.write_number(_TOP + step, column, number, self.book.input)
            numbers = {place: values[place].data - rate * values[place].grad for place in numbers}

    def _cells(self, row: int, first: bool, values: list[Value]) -> Iterator[tuple[str, float]]:
        """The formulas of a row and their numbers; no formula: an input."""

        def cell(symbol: Symbol) -> str:
            if symbol.below:
                return f"({cell_formula(self.slopes[symbol.leaf, symbol.below], cell)})"
            return str(self.book.address(row, self.place[str(symbol.leaf)]))

        slope_of = {w: len(self.columns) + 1 + i for i, w in enumerate(self.weights)}
        for column, node in enumerate(self.columns, start=1):
            number = values[self.row_of[node]].data
            before = self.book.address(row - 1, column)
            if node._rule is not LEAF:
                yield cell_formula(self.stations.formula(node), cell), number
            elif first:
                yield "", number
            elif node in slope_of:
                yield f"{before}-$B$2*{self.book.address(row - 1, slope_of[node])}", number
            else:
                yield before, number
        for w in self.weights:
            formula = self.slopes[self.error, self.stations.name(w)]
            yield cell_formula(formula, cell), values[self.row_of[w]].grad
