"""Finding somebody's class: in a module, in a file of any name, in a notebook; and how a script gets it from there."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.util
import json
import keyword
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


def load(target: str) -> tuple[Any, ModuleType, str]:
    """The class that the target names, its module, and the lines by which a script imports it.

    Args:
        target: ``"module:Class"``, ``"path/to/file.py:Class"`` or ``"path/to/notebook.ipynb:Class"``.

    Raises:
        ValueError: there is no such module or class, or the module can't be imported; the message says why.

    >>> load("autograd.engine.value:Value")[2]
    'from autograd.engine.value import Value'
    """
    where, colon, qualname = target.rpartition(":")
    if not colon or not where or not qualname:
        raise ValueError(f"{target!r} names no class: write MODULE:CLASS or path/to/file.py:CLASS")
    outer = qualname.partition(".")[0]
    if where.endswith(".ipynb"):
        module = _from_notebook(Path(where), outer)
    elif where.endswith(".py"):
        module = _from_file(Path(where))
    else:
        module = imported(where)
    cls: Any = module
    for part in qualname.split("."):
        if not hasattr(cls, part):
            raise ValueError(f"there is no {part!r} in {where}")
        cls = getattr(cls, part)
    if not isinstance(cls, type):
        raise ValueError(f"{qualname} in {where} is not a class")
    lines = [*_setup(module), import_line(module, outer)]
    if outer != qualname:
        lines.append(f"{cls.__name__} = {qualname}")
    return cls, module, "\n".join(lines)


def import_line(module: ModuleType, name: str) -> str:
    """How a script gets that name of the module, when :func:`_setup` is done.

    >>> import math
    >>> import_line(math, "exp")
    'from math import exp'
    """
    if hasattr(module, _SETUP):
        return f"{name} = module.{name}"
    return f"from {module.__name__} import {name}"


def _setup(module: ModuleType) -> list[str]:
    """What a script does first, so that it runs from any folder."""
    given = getattr(module, _SETUP, None)
    if given is not None:
        return [given]
    folder = _folder_of(module)
    return [f"import sys; sys.path.insert(0, {folder!r})"] if folder else []


_SETUP = "__chainrule_setup__"  # of a module that no import statement finds: the lines that load it
_FOLDER = "__chainrule_folder__"  # of a file: where it stands


def imported(name: str) -> ModuleType:
    """The module of that name.

    Raises:
        ValueError: there is none, or it can't be imported.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name + ".").startswith(error.name + "."):
            raise ValueError(f"there is no module {error.name!r}") from error
        raise ValueError(f"importing {name} fails: {error}") from error
    except (Exception, SystemExit) as error:
        raise ValueError(f"importing {name} fails: {type(error).__name__}: {error}") from error


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    path = path.resolve()
    is_plain = path.stem.isidentifier() and not keyword.iskeyword(path.stem) and path.stem not in _OF_PYTHON
    # What stands beside the file can be imported, but nothing of Python's own is hidden by a file of its name.
    sys.path.insert(0 if is_plain else len(sys.path), str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem if is_plain else _identifier(path.stem), path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    if is_plain:
        module.__dict__[_FOLDER] = str(path.parent)
    else:
        module.__dict__[_SETUP] = (
            f"import importlib.util, sys; sys.path.append({str(path.parent)!r})\n"
            f"spec = importlib.util.spec_from_file_location({spec.name!r}, {str(path)!r})\n"
            "module = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)"
        )
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ValueError(f"importing {path} fails: {type(error).__name__}: {error}") from error
    return module


_OF_PYTHON = frozenset(sys.stdlib_module_names)  # a script would get Python's own module


def _identifier(stem: str) -> str:
    """A module's name that is made of a file's.

    >>> _identifier("my-engine"), _identifier("lab 2")
    ('my_engine_file', 'lab_2_file')
    """
    return re.sub(r"\W", "_", stem) + "_file"


def _folder_of(module: ModuleType) -> str:
    """The folder that a script has to put on ``sys.path``, if it wouldn't find the module from elsewhere."""
    given = module.__dict__.get(_FOLDER)
    if given is not None:
        return str(given)
    file = getattr(module, "__file__", None)
    if file is None:
        return ""
    top = Path(file).resolve()
    for _ in range(module.__name__.count(".") + 1 + (top.name == "__init__.py")):
        top = top.parent
    if top != Path(os.getcwd()).resolve() or ("" not in sys.path and str(top) not in sys.path):
        return ""
    return "" if module.__name__.partition(".")[0] in importlib.metadata.packages_distributions() else str(top)


# --- Notebooks ---


def load_notebook(path: str | Path, name: str = "") -> ModuleType:
    """The code cells of a notebook, run in their order, as a module. Magics and commands for the shell are left out.

    Args:
        path: the notebook.
        name: what is wanted of it: the cells after the last one that defines or changes it aren't run.

    Raises:
        ValueError: there is no such file, it isn't a notebook, or a cell that is needed fails.
    """
    return _from_notebook(Path(path), name)


def _from_notebook(path: Path, name: str) -> ModuleType:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    path = path.resolve()
    cells = list(_cells(path))
    needed = max((i + 1 for i, cell in enumerate(cells) if _is_about(cell, name)), default=0) if name else len(cells)
    if not needed and name:
        raise ValueError(f"there is no {name!r} in {path.name}")
    sys.path.append(str(path.parent))
    module = sys.modules[_identifier(path.stem)] = ModuleType(_identifier(path.stem))
    module.__dict__[_SETUP] = (
        "from autograd.testing.judge.subject.loading import load_notebook\n"
        f"module = load_notebook({str(path)!r}, {name!r})"
    )
    failed: list[str] = []
    for number, cell in enumerate(cells[:needed], 1):
        try:
            exec(compile(cell, f"{path.name}, code cell {number}", "exec", dont_inherit=True), module.__dict__)
        except (Exception, SystemExit) as error:  # a cell that draws or downloads isn't what is wanted
            failed.append(f"code cell {number} fails: {type(error).__name__}: {error}")
    if name and not hasattr(module, name):
        raise ValueError(f"there is no {name!r} in {path.name}: {failed[0] if failed else 'no cell defines it'}")
    return module


def _cells(path: Path) -> Iterator[ast.Module]:
    """The code cells that are Python, without magics."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        sources = [cell.get("source", cell.get("input", "")) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"{path} is no notebook: {type(error).__name__}: {error}") from error
    for source in sources:
        text = without_magics(source if isinstance(source, str) else "".join(source))
        try:
            yield ast.parse(text)
        except (SyntaxError, ValueError):
            continue


def without_magics(source: str) -> str:
    """The code of a cell without what only a notebook understands; nothing of a cell for another language.

    >>> without_magics("%matplotlib inline\\nx = 5 % 3\\n!ls")
    'pass\\nx = 5 % 3\\npass'
    >>> without_magics("%%bash\\nls")
    ''
    """
    first = source.lstrip().partition("\n")[0]
    if first.startswith("%%"):
        if first.split()[0] not in ("%%time", "%%timeit", "%%capture", "%%prun"):
            return ""
        source = source.lstrip().partition("\n")[2]
    try:
        ast.parse(source)
    except SyntaxError:
        return "\n".join(map(_plain_line, source.splitlines()))
    return source


def _plain_line(line: str) -> str:
    code = line.strip()
    if re.match(r"(%|!|\?)", code) or re.search(r"[\w)\]]\?{1,2}$", code):
        return line[: len(line) - len(line.lstrip())] + "pass"
    assigned = re.match(r"(\s*[\w, ]+=\s*)[%!]", line)
    return f"{assigned[1]}None" if assigned else line


def _is_about(cell: ast.Module, name: str) -> bool:
    """Whether the cell defines that name, or assigns an attribute of it."""
    for node in ast.walk(cell):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return True
        if isinstance(node, ast.Assign):
            for target in node.targets:
                base = target.value if isinstance(target, ast.Attribute) else target
                if isinstance(base, ast.Name) and base.id == name:
                    return True
        if isinstance(node, ast.ImportFrom) and any((a.asname or a.name) == name for a in node.names):
            return True
    return False
