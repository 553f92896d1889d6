"""Whatever somebody's engine does to its process is a row in the report, and not the end of the check."""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from autograd.errors import MissingDependency
from autograd.testing import check_engine
from autograd.testing.judge.check import examine
from autograd.testing.judge.findings.rows import Row
from autograd.testing.judge.properties.table import PROPERTIES
from autograd.testing.judge.running import run as running
from autograd.testing.judge.subject.engines import Engine
from autograd.testing.judge.subject.loading import load
from autograd.testing.judge.subject.spelling import Spelling
from autograd.testing.judge.trials.search import QUICK, Search
from autograd.testing.judge.trials.trial import Trial
from tests.test_check_engine import SPELLING, Spelled, quick, tanh
from tests.their_engines import write_engine
from tests.toy_engines import Right, planted, tanh_from_x


@pytest.fixture
def written(tmp_path: Path):
    return functools.partial(write_engine, tmp_path)


FEW = ["a number in, the number out", "backward on a leaf", "repeated operands"]


def status_of(target: str, *, only=FEW, **options) -> list[str]:
    report = check_engine(target, effort="quick", only=only, **options)
    return [row.status for row in report.rows]


def test_a_class_in_a_file_is_checked(written) -> None:
    assert status_of(written("class Value(Base): pass")) == ["passed"] * 3


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(3)", "exit code 3"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("sys.exit(4)", "sys.exit(4)"),
        ("x = bytearray(1 << 40)", "more memory"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_crash_is_a_row_with_a_script_and_the_others_follow(written, body: str, said: str) -> None:
    target = written(f"""
        class Value(Base):
            def __add__(self, other):
                {body}
    """)
    report = check_engine(target, effort="quick", only=["backward on a leaf", "repeated operands", "deep chains"])
    assert [row.status for row in report.rows] == ["passed", "crashed", "crashed"], str(report)
    assert said in report.rows[1].message
    assert "y0 = x0 + x1" in report.rows[1].script
    assert report.exit_code == 1


def test_a_script_of_a_crash_says_what_was_asked_last(written) -> None:
    target = written("""
        class Value(Base):
            def backward(self):
                os._exit(1)
    """)
    (row,) = check_engine(target, only=["backward on a leaf"]).rows
    assert row.script.endswith("x0.backward()")


def test_a_hang_is_a_row_and_patience_has_an_end(written) -> None:
    target = written("""
        class Value(Base):
            def backward(self):
                while True:
                    time.sleep(1)
    """)
    only = ["backward on a leaf", "repeated operands", "equal numbers"]
    report = check_engine(target, effort="quick", only=only, timeout=1.0)
    assert [row.status for row in report.rows] == ["timed out", "not supported", "not supported"]
    only = ["a number in, the number out", *only]
    report = check_engine(target, effort="quick", only=only, timeout=1.0)
    assert [row.status for row in report.rows] == ["passed", "timed out", "timed out", "not supported"], str(report)


def test_a_hunger_for_memory_is_a_row(written) -> None:
    target = written("""
        class Value(Base):
            def backward(self):
                hoard = []
                while True:
                    hoard.append(bytearray(1 << 22))
    """)
    (row,) = check_engine(target, only=["backward on a leaf"], memory=200).rows
    assert row.status == "crashed"
    assert "memory" in row.message


def test_noise_is_not_heard(written, capfd: pytest.CaptureFixture[str]) -> None:
    target = written("""
        print("{not json")
        os.system("echo from another process")
        class Value(Base):
            def __init__(self, data, operands=()):
                print("{", file=sys.stderr)
                print('{"end": 1}')
                os.write(1, b"noise")
                Base.__init__(self, data, operands)
    """)
    assert status_of(target) == ["passed"] * 3
    assert capfd.readouterr() == ("", "")


def test_nobody_answers_its_questions(written) -> None:
    target = written("""
        class Value(Base):
            def backward(self):
                input("are you sure?")
    """)
    (row,) = check_engine(target, only=["backward on a leaf"]).rows
    assert "EOFError" in row.message


def test_an_exception_in_the_constructor_is_a_row_and_ends_the_check(written) -> None:
    target = written("""
        class Value(Base):
            def __init__(self, data, operands=()):
                raise RuntimeError("no numbers today")
    """)
    report = check_engine(target, effort="quick", only=FEW)
    assert [row.status for row in report.rows] == ["failed", "not supported", "not supported"]
    assert "no numbers today" in report.rows[0].message


def test_a_crash_of_the_import_is_a_row(written) -> None:
    report = check_engine(written("os._exit(5)"), only=FEW)
    assert [(row.name, row.status) for row in report.rows] == [("import", "crashed")]


def test_an_engine_that_checks_itself_on_import_does_not_go_round_in_circles(written) -> None:
    target = written("""
        class Value(Base): pass
        from autograd.testing import check_engine
        assert check_engine(Value).rows == ()
    """)
    assert status_of(target) == ["passed"] * 3


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("no_such_module:Value", "there is no module 'no_such_module'"),
        ("math:Value", "there is no 'Value' in math"),
        ("math:pi", "pi in math is not a class"),
        ("math", "names no class"),
        ("no/such/file.py:Value", "there is no file"),
    ],
)
def test_a_class_that_is_not_there_is_an_error(target: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_engine(target)
    with pytest.raises(ValueError, match=complaint):
        load(target)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [("import nosuchthing", "No module named"), ("1/0", "ZeroDivisionError"), ("sys.exit(2)", "SystemExit")],
)
def test_a_file_that_cannot_be_imported_is_an_error(written, body: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_engine(written(body))


def test_a_module_that_cannot_be_imported_is_an_error(written, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(written("import nosuchthing").rpartition(":")[0])
    monkeypatch.syspath_prepend(str(path.parent))
    with pytest.raises(ValueError, match="importing their_engine fails"):
        load("their_engine:Value")
    path.write_text("1/0")
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        load("their_engine:Value")


def test_the_script_of_a_counterexample_runs_and_shows_it(written, tmp_path: Path) -> None:
    target = written("""
        class Value(Base):
            def tanh(self):
                return Value(math.tanh(self.data), ((self, 1.0),))
    """)
    (row,) = check_engine(target, effort="quick", only=["partial derivatives"]).rows
    script = tmp_path / "counterexample.py"
    script.write_text(row.script)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == "x0.grad is 1.0 and should be 0.07065082485316447\n"


def test_a_class_of_a_class_is_found(written) -> None:
    target = written("""
        class Outer:
            class Value(Base): pass
    """).replace(":Value", ":Outer.Value")
    assert status_of(target, only=["backward on a leaf"]) == ["passed"]
    assert load(target)[2].endswith("Value = Outer.Value")
    assert "Outer" in load(target)[2]


def test_the_process_gets_names_and_functions(written, tmp_path: Path) -> None:
    report = check_engine(Spelled, names={"tanh": tanh, "add": "plus"}, only=["partial derivatives"], **SPELLING)
    assert report.rows[0].message == "add, tanh"


def test_a_local_class_is_checked_in_this_process() -> None:
    class Local(Right):
        pass

    report = check_engine(Local, effort="quick", only=["backward on a leaf"])
    assert report.rows[0].status == "passed"
    Local.tanh = tanh_from_x
    wrong = quick(Local, "partial derivatives")
    assert "# Local is the class that was checked" in wrong.rows[0].script


def test_a_check_is_the_same_every_time_and_another_one_with_a_seed() -> None:
    wrong = planted(tanh=tanh_from_x)
    first, second = (quick(wrong, "random expressions").rows[0].script for _ in range(2))
    assert first == second
    assert quick(wrong, "random expressions", seed=7).rows[0].status == "failed"


def test_an_unexpected_exception_is_a_row() -> None:
    def check(trial):
        raise KeyError("oops")

    row = running.try_property(Trial(Engine(Right), Search(QUICK)), PROPERTIES[0]._replace(check=check))
    assert row.status == "not supported"
    assert "the check itself stumbled: KeyError: 'oops'" in row.message


@pytest.mark.parametrize("library", ["hypothesis", "mpmath"])
def test_a_missing_library_names_the_cure(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.testing.judge.trials.exact import context

    context.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependency, match=f"pip install {library}"):
        check_engine(Right)
    context.cache_clear()


# --- The worker, seen from inside ---


def test_the_worker_tells_what_it_does(tmp_path: Path) -> None:
    from autograd.testing.judge.running import worker

    path = tmp_path / "recorder"
    path.write_bytes(bytes(worker.RECORDER_SIZE))
    order = {
        "places": ["nosuch:Value", "autograd:Value"],
        "spelling": asdict(Spelling()),
        "search": asdict(Search(QUICK, only=("backward on a leaf",), memory=None)),
        "recorder": str(path),
    }
    sent: list[dict] = []
    worker.serve(order, sent.append)
    assert sent[0] == {"loaded": "nosuch:Value"}
    assert sent[1] == {"begin": "backward on a leaf"}
    assert Row(**sent[2]["end"]).status == "passed"
    assert path.read_bytes().partition(b"\0")[0].decode().endswith("x0.backward()")
    sent.clear()
    worker.serve({**order, "places": ["nosuch:Value"]}, sent.append)
    assert "there is no module" in sent[0]["usage"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't count the time of child processes")
@pytest.mark.parametrize("engine", ["faults_of_arithmetic:DivWithoutSign", "faults_of_arithmetic:ReflectedSubIsSub"])
def test_the_first_finding_is_known_soon(engine: str) -> None:
    """About two seconds on a quiet machine; of the processor's time, so that others don't count, and with room."""
    import resource

    def spent() -> float:
        return sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))

    class Found(Exception):
        pass

    def stop(row: Row) -> None:
        if row.is_failure:
            raise Found

    began = spent()
    with pytest.raises(Found):
        examine(f"tests.zoo.{engine}", Spelling(), Search(), stop)
    assert spent() - began < 6.0
