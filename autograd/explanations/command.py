"""The commands that take an expression: ``chainrule explain "(w*x - t)**2" --at w=0.15 --at x=0.05 --at t=0.01``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from autograd.engine import graph
from autograd.engine.value import Value
from autograd.explanations.arithmetic import ExpressionError, assigned, parsed

Expression = Annotated[str, typer.Argument(metavar="EXPRESSION", help="As in Python: '(w*x - t)**2'.")]
At = Annotated[list[str] | None, typer.Option("--at", metavar="NAME=NUMBER", help="A number for a name. Repeatable.")]
_Wrt = Annotated[list[str] | None, typer.Option("--wrt", metavar="NAME", help="By which name. Repeatable. [all]")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Digits = Annotated[int, typer.Option("--digits", metavar="N", min=1, max=17, help="Significant digits.")]
_STYLES: Final = ("text", "markdown", "latex", "mathml")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (draw, exercise, explain, grad, sheet):
        app.command()(command)


def explain(
    expression: Expression,
    at: At = None,
    wrt: _Wrt = None,
    digits: _Digits = 6,
    style: Annotated[str, typer.Option(metavar="STYLE", help="text, markdown, latex or mathml.")] = "text",
    forward: Annotated[bool, typer.Option("--forward", help="The forward pass instead of the gradients.")] = False,
    as_json: _Json = False,
) -> None:
    """Show how a gradient comes about, by the chain rule: every factor as formula, with numbers, as value.

    chainrule explain "(w*i - t)**2" --at w=0.15 --at i=0.05 --at t=0.01 --wrt w
    """
    from autograd.explanations.explaining import explain as explained

    if style not in _STYLES:
        raise typer.BadParameter(f"--style is one of {', '.join(_STYLES)}, not {style!r}")
    y, names = read(expression, at)
    told = explained.forward(y, digits=digits) if forward else explained(y, _chosen(y, names, wrt), digits=digits)
    if as_json:
        _print_json([vars(step) for step in told.steps])
    elif style == "text":
        _print_text(told)
    else:
        typer.echo(getattr(told, style))


def grad(expression: Expression, at: At = None, wrt: _Wrt = None, digits: _Digits = 10, as_json: _Json = False) -> None:
    """Print the value of an expression and its gradient.

    chainrule grad "x * sin(y)" --at x=2 --at y=0.5
    """
    y, names = read(expression, at)
    chosen = _chosen(y, names, wrt)
    y.backward()
    if as_json:
        _print_json({"value": y.data, "gradient": {x.label: x.grad for x in chosen}})
        return
    rows = [(y.label, y.data), *((f"∂{y.label}/∂{x.label}", x.grad) for x in chosen)]
    width = max(len(name) for name, _ in rows)
    for name, number in rows:
        typer.echo(f"{name:<{width}} = {number:.{digits}g}")


def draw(
    expression: Expression,
    at: At = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The picture: .svg, .png, .pdf or .dot.")] = Path(
        "graph.svg"
    ),
) -> None:
    """Draw the graph of an expression, with every number and gradient.

    chainrule draw "x * sin(y)" --at x=2 --at y=0.5 --out picture.svg
    """
    from autograd.views import draw as drawn

    y, _ = read(expression, at)
    y.backward()
    typer.echo(drawn(y, out))


def sheet(
    expression: Expression,
    at: At = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The workbook, .xlsx.")] = Path("graph.xlsx"),
) -> None:
    """Write a workbook with live formulas: a row for each number, with its value and its gradient.

    chainrule sheet "x * sin(y)" --at x=2 --at y=0.5 --out graph.xlsx
    """
    from autograd.explanations.sheet import spreadsheet

    typer.echo(spreadsheet(read(expression, at)[0], out))


def exercise(
    expression: Expression,
    at: At = None,
    wrt: _Wrt = None,
    digits: _Digits = 4,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="How many questions.")] = 20,
    to: Annotated[str, typer.Option(metavar="FORM", help="moodle, prairielearn, markdown or latex.")] = "markdown",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The file, or the folder for prairielearn.")] = None,
) -> None:
    """Make an exercise of an expression: questions with other numbers each, and their solutions.

    chainrule exercise "(w*i - t)**2" --at w=0.15 --at i=0.05 --at t=0.01 --to moodle --out course.xml
    """
    from autograd.explanations.exercises.exercise import exercise as made
    from autograd.files import write_whole

    y, names = read(expression, at)
    questions = made(y, _chosen(y, names, wrt), seeds=range(seeds), digits=min(digits, 12))
    texts: dict[str, Any] = {"markdown": questions.to_markdown, "latex": questions.to_latex}
    folders: dict[str, Any] = {"moodle": questions.to_moodle, "prairielearn": questions.to_prairielearn}
    if to in texts:
        text = texts[to]()
        typer.echo(text.rstrip() if out is None else write_whole(out, text.encode()))
    elif to in folders:
        if out is None:
            raise typer.BadParameter(f"--to {to} needs --out, the {'file' if to == 'moodle' else 'folder'} to write")
        typer.echo(folders[to](out))
    else:
        raise typer.BadParameter(f"--to is moodle, prairielearn, markdown or latex, not {to!r}")


def read(expression: str, at: list[str] | None) -> tuple[Value, dict[str, Value]]:
    """The expression, computed, and its names."""
    names = {name: Value(number, name) for name, number in assigned(at or ()).items()}
    try:
        y = parsed(expression, names)
    except ExpressionError as error:
        typer.echo(f"chainrule: {error.pointed}", err=True)
        raise typer.Exit(2) from None
    if not isinstance(y, Value):
        y = Value(y)
    if not y.label:
        y.label = next(name for name in ("y", "z", "result", *(f"y{i}" for i in range(99))) if name not in names)
    return y, names


def _chosen(y: Value, names: dict[str, Value], wrt: list[str] | None) -> list[Value]:
    """The names to differentiate by: those that were asked for, or else those that the expression uses."""
    for name in wrt or ():
        if name not in names:
            raise typer.BadParameter(f"--wrt {name!r:.40}: it has no number; write --at {name:.40}=2")
    used = set(graph.topological_order(y))
    found = [names[name] for name in wrt] if wrt else [x for x in names.values() if x in used]
    if not found:
        raise typer.BadParameter("there is no name to differentiate by; write one, and its number: --at x=2")
    return found


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _print_text(told: Any) -> None:
    """In colour on a terminal, unless NO_COLOR is set; as plain text elsewhere."""
    from rich.console import Console

    console = Console(soft_wrap=True)
    if console.is_terminal:
        console.print(told)
    else:
        typer.echo(told.text)
