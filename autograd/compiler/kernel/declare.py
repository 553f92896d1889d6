"""``python -m autograd.compiler.kernel.declare`` writes ``words.h`` from ``words.py``: the declarations, in C."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograd.compiler.kernel.words import (
    FUNCTIONS1,
    FUNCTIONS2,
    INSTRUCTIONS,
    LOOPS,
    PLACES,
    Group,
    Instruction,
    checksum,
)


def header_file() -> str:
    """The text of ``words.h``."""
    declared = "\n".join(
        [
            _enum([*(i.name for i in INSTRUCTIONS), "OPS"]),
            _enum([*map(str.upper, FUNCTIONS1), "FUNCTIONS1"]),
            _enum([*map(str.upper, FUNCTIONS2), "FUNCTIONS2"]),
            "/* How many words come before the first record. */",
            _enum([f"{i.name}_HEADER = {1 + len(i.header)}" for i in INSTRUCTIONS]),
            "static const Form forms[OPS] = {",
            *(_form(instruction) for instruction in INSTRUCTIONS),
            "};",
        ]
    )
    return (
        "/* What words.py declares; python -m autograd.compiler.kernel.declare writes this file. */\n\n"
        f"#define WORDS {checksum():#010x}u\n\n{declared}\n"
    )


def _enum(names: Sequence[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > 110:
            lines.append("")
        lines[-1] += f" {name},"
    return "enum {\n" + "\n".join(f"   {line}" for line in lines) + "\n};"


def _form(instruction: Instruction) -> str:
    letters = {"i": "i", "j": "j", "y": instruction.result, "x": instruction.result, "kinds": "k"}
    letters["function"] = instruction.name[-1]
    header = "".join(letters.get(word, "n") for word in instruction.header)
    kinds = max(len(group.kinds) for group in instruction.groups)
    groups = ",\n      ".join(_group_in_c(group, instruction.header) for group in instruction.groups)
    return f'    [{instruction.name}] = {{"{header}", {kinds}, {{\n      {groups}}}}},'


def _group_in_c(group: Group, header: Sequence[str]) -> str:
    def at(word: str) -> int:
        return group.words.index(word) if word in group.words else 0

    places = []
    for number, x in enumerate(word for word in group.words if word in PLACES):
        kinds = "".join(kinds[number] for kinds in group.kinds)
        steps = ", ".join(str(at(loop + x)) for loop in LOOPS) if any(at(loop + x) for loop in LOOPS) else "0"
        places.append(f'{{"{kinds}", {at(x)}, {{{steps}}}}}')
    return f"{{{header.index(group.number)}, {len(group.words)}, {at('j')}, {{{', '.join(places)}}}}}"


if __name__ == "__main__":
    path = Path(__file__).with_name("words.h")
    path.write_text(header_file(), encoding="utf-8")
    print(path)
