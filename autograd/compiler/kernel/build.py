"""Builds kernel.c as the extension module ``autograd.compiler.kernel._kernel``.

Installing the package does it, where there is a C compiler that knows vector extensions (GCC or Clang); in a checkout,
``python -m autograd.compiler.kernel.build`` does it in place.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent

ffibuilder = FFI()
ffibuilder.cdef(
    """
    extern const char *const kernel_ops[];
    extern const char *const kernel_functions1[];
    extern const char *const kernel_functions2[];
    extern const char *const kernel_reasons[];
    extern const char *const kernel_instruction_sets[];

    typedef struct {
        int32_t varying, begin, end, width, samples, slots, accumulators, targets, batch;
    } Section;

    typedef struct {
        const int32_t *code;
        int64_t words;
        const Section *sections;
        int32_t n_sections;
        int32_t single;
        int64_t memory;
        const int32_t *copies;
        int32_t n_copies;
    } Program;

    void kernel_shorten(const Program *p, int32_t *code);
    int kernel_check(const Program *p, int64_t *position);
    int64_t kernel_scratch(const Program *p, int threads);
    int kernel_supports(int set);
    int kernel_run(const Program *p, void *M, void *scratch, int64_t repeats, int threads, int set);
    """
)
ffibuilder.set_source(
    "autograd.compiler.kernel._kernel",
    '#include "kernel.c"',
    include_dirs=[str(HERE)],
    depends=[str(HERE / "kernel.c")],
    # No -ffast-math: infinities and NaNs count. What pays as a vector is written as one; what is scalar is to stay so.
    extra_compile_args=["-std=gnu11", "-O3", "-fno-math-errno", "-fno-tree-vectorize", "-pthread"],
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
