"""Print the table of the zoo: every property of the engine check, tried on every engine."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from autograd.testing import Report, check_engine
from tests.zoo import RIGHT, faults


def found_in(report: Report) -> dict[str, str]:
    """What was found: the name of each property that the engine doesn't hold, and the script that shows it."""
    return {row.name: row.script for row in report.rows if row.is_failure or row.status == "slow"}


def smallest(scripts: list[str]) -> list[str]:
    """The lines of the shortest script, without those that import the engine."""
    bodies = []
    for script in scripts:
        experiment = script.split("\n\n\n")[0]  # a script may have several
        lines = experiment.splitlines()
        bodies.append([line for line in lines if line and not line.startswith(("from ", "import ", "#"))])
    return min(filter(None, bodies), key=lambda lines: (len(lines), sum(map(len, lines))), default=[])


def main() -> int:
    """Check the engines and print what was found.

    Returns:
        The exit code: 1 if a fault was missed or a right engine blamed.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ENGINE", help="only these; all of them by default")
    parser.add_argument("--effort", default="quick", choices=("quick", "normal", "thorough"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many engines at a time")
    given = parser.parse_args()

    zoo = {engine.split(".")[-1].partition(":")[0]: (engine, style, "") for engine, style in RIGHT.items()}
    zoo |= {name: (fault.engine, fault.sentence, fault.fails) for name, fault in faults().items()}
    unknown = sorted(set(given.names) - set(zoo))
    if unknown:
        parser.error(f"no such engine: {', '.join(unknown)}")
    chosen = {name: zoo[name] for name in given.names or zoo}

    wrong = []
    with ThreadPoolExecutor(given.jobs) as pool:
        reports = pool.map(lambda entry: check_engine(entry[0], effort=given.effort), chosen.values())
        for (name, (engine, sentence, wanted)), report in zip(chosen.items(), reports):
            found = found_in(report)
            verdict = "found" if wanted in found else "MISSED" if wanted else "BLAMED" if report.failures else "right"
            if verdict.isupper():
                wrong.append(name)
            print(f"{verdict:7} {name}: {sentence}")
            if found:
                print(f"        by: {', '.join(found)}")
            for line in smallest(list(found.values())):
                print(f"        | {line.replace(engine.partition(':')[2] + '(', 'Value(')}")
            sys.stdout.flush()
    planted = sum(bool(wanted) for _, _, wanted in chosen.values())
    verdict = f"wrong in {', '.join(wrong)}" if wrong else "all as it should be"
    print(f"\n{planted} engines with a planted fault, {len(chosen) - planted} right ones: {verdict}.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
