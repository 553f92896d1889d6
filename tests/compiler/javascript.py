"""Running generated JavaScript: one Node for all of it, which is sent sources and numbers, a line each, and answers."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, Final

import pytest

NODE: Final = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node.js to run JavaScript")

_SERVER: Final = """
"use strict";
const written = x => Array.isArray(x) ? x.map(written) : Object.is(x, -0) ? "-0" : String(x);
require("readline").createInterface({input: process.stdin}).on("line", line => {
    const {source, name, calls} = JSON.parse(line);
    let answer;
    try {
        const f = new Function(`"use strict";\\n${source}\\nreturn ${name};`)();
        const number = x => Array.isArray(x) ? x.map(Number) : Number(x);
        answer = {results: calls.map(inputs => written(f(...inputs.map(number))))};
    } catch (error) {
        answer = {error: String(error)};
    }
    process.stdout.write(JSON.stringify(answer) + "\\n");
});
"""


@functools.cache
def _node() -> Any:
    return subprocess.Popen([str(NODE), "-e", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(source: str, calls: Sequence[Sequence[Any]], name: str = "f") -> list[Any]:
    """What the function that the source defines gives for each of these lists of arguments."""
    node = _node()
    sent = [[[_sent(y) for y in x] if isinstance(x, (list, tuple)) else _sent(x) for x in call] for call in calls]
    node.stdin.write(json.dumps({"source": source, "name": name, "calls": sent}) + "\n")
    node.stdin.flush()
    answer = json.loads(node.stdout.readline())
    assert "error" not in answer, f"{answer['error']}\n{source}"
    return [_received(result) for result in answer["results"]]


def _sent(x: Any) -> str:
    return repr(float(x)).replace("inf", "Infinity").replace("nan", "NaN")


def _received(x: Any) -> Any:
    return [_received(y) for y in x] if isinstance(x, list) else float(x)
