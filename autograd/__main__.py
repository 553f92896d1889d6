"""The command line: ``chainrule ...``, which is also ``python -m autograd ...``.

An error in a command is one line on the standard error stream, and exit code 2.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from autograd.errors import MissingDependency
from autograd.explanations import command as expressions
from autograd.testing.zoo import command as zoo

app: Final = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        from autograd import __version__
        from autograd.compiler import kernel
        from autograd.engine.value import PURE

        forms = f"engine {'in Python' if PURE else 'compiled'}, kernel {'compiled' if kernel.available() else 'absent'}"
        typer.echo(f"chainrule {__version__}: {forms}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def chainrule(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Which, and what is compiled."),
    ] = False,
) -> None:
    """A scalar autograd engine: every number can be explained, every gradient can be trusted."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def page(
    expression: expressions.Expression,
    at: expressions.At = None,
    ask: Annotated[bool, typer.Option("--exercise", help="Hide the gradients, and ask for them.")] = False,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page, .html.")] = Path("page.html"),
) -> None:
    """Write a page that steps through the computation of an expression, and on which its numbers can be changed.

    chainrule page "x * sin(y)" --at x=2 --at y=0.5 --out page.html
    """
    from autograd.pages import page as written

    typer.echo(written(expressions.read(expression, at)[0], out, exercise=ask, title=expression))


@app.command()
def w8(
    inputs: Annotated[str, typer.Option(metavar="I1,I2", help="The two inputs.")] = "0.05,0.10",
    targets: Annotated[str, typer.Option(metavar="T1,T2", help="What the two outputs should be.")] = "0.01,0.99",
    weights: Annotated[
        str | None,
        typer.Option(metavar="W1,...,W8", help="The weights at first. [default: 0.15,0.20,0.25,0.30,0.40,...,0.55]"),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Random weights, from this seed.")] = None,
    lr: Annotated[
        float, typer.Option(metavar="RATE", help="The learning rate of the single step and of the spreadsheet.")
    ] = 0.5,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="How many updates at each learning rate.")] = 1000,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.")] = Path("out"),
) -> None:
    """Work out the w1-w8 network: every number of the forward and backward pass, then training, with pictures.

    FOLDER gets the graph and the network as pictures, a plot of the error at the learning rates 0.1, 0.2, 0.5, 0.8, 1.0
    and 2.0 (and at RATE), and a spreadsheet (CSV) of the training at RATE: a column for every number, a row for every
    update.
    """
    from nn.w8 import study

    study.run(study.settings(inputs, targets, weights, seed, lr, steps, out))


@app.command()
def check(
    target: Annotated[
        str, typer.Argument(metavar="MODULE:CLASS", help="The class; or FILE.py:CLASS, FILE.ipynb:CLASS.")
    ],
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="PRIMITIVE=NAME", help="What the class calls a primitive: sigmoid=sigm. Repeatable."),
    ] = None,
    data: Annotated[str | None, typer.Option(help="The attribute that holds the number. [default: data]")] = None,
    grad: Annotated[str | None, typer.Option(help="The attribute that holds the gradient. [default: grad]")] = None,
    backward: Annotated[
        str | None, typer.Option(help="The method that starts the backward pass. [default: backward]")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Seconds, for a test suite.")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="Ten minutes.")] = False,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Other random examples.")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="PROPERTY", help="Only this one. Repeatable.")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="PROPERTY", help="Not this one. Repeatable.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="PRIMITIVE", help="Leave this operation alone. Repeatable.")
    ] = None,
    define: Annotated[
        list[str] | None,
        typer.Option(metavar="DEFINITION", help="What a primitive means there: 'log(x) = log(x + 1e-6)'. Repeatable."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for habits, too.")] = False,
    profile: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="A course's file with these options, and tasks.")
    ] = None,
    results: Annotated[
        list[str] | None, typer.Option(metavar="FORMAT=FILE", help="gradescope=FILE or junit=FILE. Repeatable.")
    ] = None,
    badge: Annotated[bool, typer.Option("--badge", help="Print a line for a README, too.")] = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="For each property.")] = None,
    memory: Annotated[int, typer.Option(metavar="MB", min=0, help="What the engine may take; 0 for no limit.")] = 2048,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page, too.")] = None,
) -> None:
    """Check somebody's autograd engine: any class like micrograd's Value. Exit code 1 if a derivative is wrong."""
    from autograd.testing.judge import command
    from autograd.testing.judge.profile import Profile, read_profile
    from autograd.testing.judge.subject.spelling import Spelling
    from autograd.testing.judge.trials.search import Search, effort_named

    if quick and thorough:
        raise typer.BadParameter("--quick and --thorough exclude each other")
    course = read_profile(profile) if profile else Profile("", {})
    said = course.check
    left_out = dict.fromkeys((*said.get("without", ()), *(without or ())), "")
    spelling = Spelling(
        {**said.get("names", {}), **left_out, **command.pairs(name or ())},
        data or said.get("data", "data"),
        grad or said.get("grad", "grad"),
        backward or said.get("backward", "backward"),
        (*said.get("define", ()), *(define or ())),
    )
    chosen = only or said.get("only")
    search = Search(
        effort_named("quick" if quick else "thorough" if thorough else said.get("effort", "normal")),
        seed if seed is not None else said.get("seed"),
        tuple(chosen) if chosen else None,
        (*said.get("skip", ()), *(skip or ())),
        strict or said.get("strict", False),
        timeout=timeout or said.get("timeout"),
        memory=memory or None,
    )
    files = command.files_of_results(results or ())
    raise typer.Exit(command.check(target, spelling, search, json, html, files, course.tasks, badge))


expressions.add_to(app)
zoo.add_to(app)


# In some releases typer brings this class itself, in others it is click's.
_ComplaintType: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def run(application: typer.Typer, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command line application and return its exit code; every complaint becomes one line.

    Args:
        application: the typer app.
        name: the command as the user typed it.
        arguments: the words after the name; those of ``sys.argv`` by default.

    Returns:
        0 if all went well, 2 if an argument was wrong, a file couldn't be written, or a library is missing.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that has no σ shows a question mark
    command: Any = typer.main.get_command(application)
    try:
        return int(
            command.main(arguments, prog_name=name, standalone_mode=False, help_option_names=["-h", "--help"]) or 0
        )
    except _ComplaintType as error:
        return _complain(name, f"{error.format_message()}{_cure(error.format_message())}", 2)
    except MissingDependency as error:
        return _complain(name, str(error), 2)
    except (typer.Abort, KeyboardInterrupt):
        return _complain(name, "stopped", 130)
    except BrokenPipeError:  # whoever read the output has had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python can flush it when it ends
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(name, f"{where}{error.strerror or error}", 2)
    except (ValueError, ArithmeticError) as error:
        return _complain(name, str(error), 2)


def _cure(message: str) -> str:
    """What to write instead, where a complaint of the library's doesn't say so."""
    if message.startswith("Missing argument 'EXPRESSION'"):
        return ' Write it first, in quotes: "x * sin(y)" --at x=2 --at y=0.5'
    if message.startswith("Missing argument 'MODULE:CLASS'"):
        return " It is the class to check, as in: chainrule check my_engine.py:Value"
    number = re.search(r"unexpected extra argument\(?s?\)? \(([^ )]+=[^ )]+)", message)
    if number:
        return f"; a number for a name is written --at {number[1]}"
    option = re.search(r"No such option: --(\w)$", message)
    if option:
        return f"; a number for a name is written --at {option[1]}=2"
    if "unexpected extra argument" in message:
        return "; an expression with spaces is put in quotes"
    return ""


def _complain(name: str, message: str, code: int) -> int:
    print(f"{name}: {' '.join(message.split())}", file=sys.stderr)
    return code


def main() -> None:
    """The entry point of ``chainrule``.

    Raises:
        SystemExit: always, with the exit code.
    """
    sys.exit(run(app, "chainrule"))


if __name__ == "__main__":
    main()
