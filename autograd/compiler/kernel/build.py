"""Builds the kernel as the extension module ``autograd.compiler.kernel._kernel``.

Installing the package does it, where there is a C compiler that knows vector extensions (GCC or Clang); in a checkout,
``python -m autograd.compiler.kernel.build`` does it in place.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
SOURCES = [HERE / "check.c", HERE / "run.c", *sorted(HERE.glob("units/*.c"))]

ffibuilder = FFI()
ffibuilder.cdef((HERE / "kernel.h").read_text(encoding="utf-8"))
ffibuilder.cdef('extern "Python+C" int kernel_pause(void);')
ffibuilder.set_source(
    "autograd.compiler.kernel._kernel",
    '#include <stdint.h>\n#include "kernel.h"',
    sources=[str(source) for source in SOURCES],
    include_dirs=[str(HERE)],
    depends=[str(header) for header in sorted(HERE.glob("*.h"))],
    # No -ffast-math: infinities and NaNs count. What pays as a vector is written as one; what is scalar is to stay so.
    extra_compile_args=[
        *("-std=gnu11", "-O3", "-fno-math-errno", "-fno-tree-vectorize", "-fvisibility=hidden", "-pthread"),
    ],
    extra_link_args=["-pthread"],
    libraries=["m"],
)


def build() -> str:
    """Builds the module beside this file; its path."""
    with tempfile.TemporaryDirectory() as elsewhere:  # where no pyproject.toml is
        built = Path(ffibuilder.compile(tmpdir=elsewhere))
        copied = shutil.copy(built, HERE / f"{built.name}.new")
    return str(Path(copied).replace(HERE / built.name))  # at once: a process may be using the old one


if __name__ == "__main__":
    print(build())
