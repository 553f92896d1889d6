"""``chainrule zoo``: faulty engines as homework."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

zoo: Final = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Small engines with one fault each, as homework: which of them do your tests catch?",
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(zoo, name="zoo")


@zoo.command("list")
def list_(answer: Annotated[bool, typer.Option("--answer", help="Say what is wrong with each.")] = False) -> None:
    """Print the names of the engines."""
    from autograd.testing.zoo.animals import ANIMALS, RIGHT

    for name, animal in ANIMALS.items():
        typer.echo(f"{name:8} {animal.sentence}" if answer else name)
    if not answer:
        typer.echo(f"{RIGHT}, which has no fault")


@zoo.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of those that chainrule zoo list prints.")],
    answer: Annotated[bool, typer.Option("--answer", help="Say what is wrong, and which lines.")] = False,
) -> None:
    """Print an engine's source, without what is wrong with it."""
    import difflib

    from autograd.testing.zoo.animals import RIGHT, source
    from autograd.testing.zoo.animals import answer as sentence

    text = source(name)
    if not answer:
        typer.echo(text, nl=False)
        return
    lines = difflib.unified_diff(source().splitlines(), text.splitlines(), RIGHT, name, lineterm="", n=2)
    typer.echo("\n".join([sentence(name), "", *lines]).rstrip())


@zoo.command()
def run(
    tests: Annotated[Path, typer.Argument(metavar="TESTS", help="A file or a folder for pytest.")],
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this engine. Repeatable.")] = None,
    module: Annotated[str, typer.Option(metavar="NAME", help="The module that the tests import.")] = "engine",
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="For each engine.")] = 60.0,
    results: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the outcomes as JSON, too.")] = None,
) -> None:
    """Run tests against each engine. Exit code 0 if every fault is caught, 1 if one isn't.

    The tests say: from engine import Value. They have to pass on the right engine first.
    """
    from autograd.files import write_whole
    from autograd.testing.zoo import run as running
    from autograd.testing.zoo.animals import ANIMALS, source

    names = only or list(ANIMALS)
    for name in names:
        source(name)
    wide, found = max(map(len, names)), []
    for outcome in running.outcomes(tests, names, module, timeout):
        found.append(outcome)
        typer.echo(running.line(outcome, wide))
    caught = sum(row.caught for row in found)
    missed = ", ".join(row.name for row in found if not row.caught)
    typer.echo(f"\n{caught} of {len(found)} caught." + (f" Not caught: {missed}." if missed else ""))
    if results is not None:
        write_whole(results, running.as_json(tests, found).encode())
    raise typer.Exit(0 if caught == len(found) else 1)
