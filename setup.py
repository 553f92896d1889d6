"""What is compiled where a C compiler is found: the engine, by mypyc from the Python that you read, and jit's kernel.

Neither may fail an installation. Whatever goes wrong, the log says so, and the pure form is installed instead, which
does the same, slower. ``CHAINRULE_PURE=1`` asks for the pure form. An editable installation gets the kernel, and the
engine as Python, so that what is edited is what runs; ``CHAINRULE_PURE=0`` has the engine compiled there, too (then
compile again after each change).
"""

from __future__ import annotations

import ast
import os
import re
import runpy
import sys
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ENGINE = Path("autograd", "engine")  # every file of it
TRANSFORMS = Path("autograd", "transforms")  # the numbers that carry derivatives inside transforms:
LIFTED = ("worlds", "operators", "lifted", "forward", "reverse")
KERNEL = Path("autograd", "compiler", "kernel", "build.py")


def engine() -> list[Extension]:
    """The modules of the engine, and the lifted numbers of transforms."""
    from mypyc.build import mypycify

    call_the_collector()

    # The environment of a build has neither our dependencies nor our configuration: types are checked in `make types`.
    options = ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent", "--cache-dir=build/mypy"]
    modules = [str(path) for path in sorted(ENGINE.glob("[!_]*.py"))]
    modules += [str(TRANSFORMS / f"{name}.py") for name in LIFTED]
    extensions = list(mypycify([*options, *modules], opt_level="3", debug_level="0", group_name="chainrule"))
    written = [Path(source) for extension in extensions for source in extension.sources]
    end_tracebacks_at_the_caller(written)
    try:
        write_docstrings(written, modules)
    except Exception as error:
        _say("the docstrings can't be written into mypyc's C", error, "help() shows signatures alone")
    if os.name == "posix":  # gcc and clang may then inline, since no other library can replace a function of ours
        for extension in extensions:
            extension.extra_compile_args.append("-fvisibility=hidden")
    return extensions


def call_the_collector() -> None:
    """Has mypyc compile calls of ``autograd.engine.collector`` to calls of CPython's C functions.

    It is how mypyc describes its own primitives, but nothing that it promises to users. Where that has changed, the
    functions are compiled as they are written: all is as right, and slower on large graphs.
    """
    try:
        from mypyc.ir.ops import ERR_MAGIC, ERR_NEVER
        from mypyc.ir.rtypes import bool_rprimitive, c_int_rprimitive, object_rprimitive, void_rtype
        from mypyc.primitives.registry import function_op

        function_op(
            name="autograd.engine.collector.is_watched",
            arg_types=[object_rprimitive],
            return_type=c_int_rprimitive,
            truncated_type=bool_rprimitive,
            c_function_name="PyObject_GC_IsTracked",
            error_kind=ERR_NEVER,
        )
        function_op(
            name="autograd.engine.collector.leave_alone",
            arg_types=[object_rprimitive],
            return_type=void_rtype,
            c_function_name="PyObject_GC_UnTrack",
            error_kind=ERR_NEVER,
        )
        function_op(
            name="autograd.engine.collector.blank",
            arg_types=[object_rprimitive],
            return_type=object_rprimitive,
            c_function_name="CPy_SetupObject",
            error_kind=ERR_MAGIC,
        )
    except Exception as error:
        _say("the garbage collector can't be called", error, "it watches every Value, and recording is slower")


def end_tracebacks_at_the_caller(written: list[Path]) -> None:
    """Leaves compiled functions out of tracebacks, which then end at the user's line.

    mypyc adds a line for each of them, with a path relative to where the package was built, which leads nowhere.
    """
    for path in written:
        if path.name.startswith("__native"):
            c = path.read_text(encoding="utf-8")
            c = re.sub(
                r"\A((?:#include .*\n)+)", r"\1#define CPy_AddTraceback(file, function, line, globals) ((void)0)\n", c
            )
            path.write_text(c, encoding="utf-8")


def write_docstrings(written: list[Path], modules: list[str]) -> None:
    """Puts the docstrings of our modules into the C that mypyc wrote, which has signatures only.

    ``help(Value)`` then says the same in both forms. A text that looks otherwise than expected is left as it is.
    """
    docs = {}  # by mypyc's names: value, value___Value, value___Value___backward
    for path in map(Path, modules):
        waiting: list[tuple[str, ast.AST]] = [(path.stem, ast.parse(path.read_text(encoding="utf-8")))]
        while waiting:
            name, node = waiting.pop()
            docs[name] = ast.get_docstring(node)  # type: ignore[arg-type]
            for part in node.body:  # type: ignore[attr-defined]
                if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
                    waiting.append((f"{name}___{part.name}", part))

    def text(name: str, signature: str = "") -> str:
        doc = docs.get(name) or ""
        is_plain = range(32, 127).__contains__
        ascii_only = "".join(chr(x) if is_plain(x) else f"\\{x:03o}" for x in _quoted(doc).encode())
        return f'"{signature}{ascii_only}"' if doc or signature else "NULL"

    for path in written:
        if path.name.startswith("__native"):
            c = path.read_text(encoding="utf-8")
            c = re.sub(  # functions and methods
                r'(\(PyCFunction\)CPyPy_(\w+),[\sA-Z_|,]+PyDoc_STR\()"((?:[^"\\]|\\.)*)"',
                lambda m: m[1] + text(m[2], m[3]),
                c,
            )
            c = re.sub(  # classes
                r'(PyTypeObject CPyType_(\w+)_template_ = \{(?:(?!\};).)*?\.tp_doc = PyDoc_STR\()"((?:[^"\\]|\\.)*)"',
                lambda m: m[1] + text(m[2], m[3]),
                c,
                flags=re.DOTALL,
            )
            c = re.sub(  # properties
                r"(\(getter\)(\w+)___(\w+)_get_(\w+),\s*(?:\(setter\)\w+|NULL),\s*)NULL(, NULL\})",
                lambda m: m[1] + text(f"{m[2]}___{m[3]}___{m[4]}") + m[5],
                c,
            )
            c = re.sub(  # modules
                r'("autograd[\w.]*\.(\w+)",\s*)NULL(, /\* docstring \*/)', lambda m: m[1] + text(m[2]) + m[3], c
            )
            path.write_text(c, encoding="utf-8")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")


def kernel() -> list[Extension]:
    """jit's kernel in C."""
    if not KERNEL.exists():
        return []
    extension = runpy.run_path(str(KERNEL))["ffibuilder"].distutils_extension("build")
    extension.sources = [os.path.relpath(source) for source in extension.sources]  # setuptools wants them so
    extension.depends = [os.path.relpath(header) for header in extension.depends]
    return [extension]


class Optional(build_ext):
    """Builds the extensions of each maker, or, where one of them fails, none of that maker's."""

    def build_extensions(self) -> None:
        groups = [group for made in MADE.values() if (group := [x for x in self.extensions if x in made])]
        with ThreadPoolExecutor(max_workers=max(len(groups), 1)) as pool:  # most of the time a C compiler works
            list(pool.map(self.build_group, groups))

    def build_group(self, group: list[Extension]) -> None:
        try:
            for extension in group:
                self.build_extension(extension)
        except Exception as error:
            _say(f"{group[0].name} and what belongs to it can't be compiled", error)
            for extension in group:
                self.extensions.remove(extension)
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)


def made(maker: Callable[[], list[Extension]]) -> list[Extension]:
    """What the maker makes; nothing if it fails."""
    try:
        return maker()
    except (Exception, SystemExit) as error:  # mypyc exits where it finds a fault
        _say(f"the {maker.__name__} can't be prepared for compiling", error)
        return []


def wanted() -> list[Callable[[], list[Extension]]]:
    """What is to be compiled now: setuptools runs this file for other purposes, too."""
    pure = os.environ.get("CHAINRULE_PURE", "")
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return []  # untried there
    if {"bdist_wheel", "build", "build_ext", "install"} & set(sys.argv):
        return [engine, kernel] if pure in ("", "0") else []
    if "editable_wheel" in sys.argv:
        return {"": [kernel], "0": [engine, kernel]}.get(pure, [])
    return []


def _say(what: str, error: BaseException, consequence: str = "the pure form is installed") -> None:
    print(f"chainrule: {what}, so {consequence} ({type(error).__name__}: {error!s:.200})", file=sys.stderr)


MADE = {maker.__name__: made(maker) for maker in wanted()}

setup(ext_modules=[x for group in MADE.values() for x in group], cmdclass={"build_ext": Optional})
