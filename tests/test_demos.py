"""The w1–w8 study and the demos: what they print and write, and how they complain."""

import csv
import importlib.util
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from autograd.__main__ import app, run
from nn import W8Network
from nn.w8 import calculation, study

DEMOS = Path(__file__).parent.parent / "demos"
FILES = ["w8_errors", "w8_graph", "w8_network", "w8_slide"]


def w8(*options):
    return run(app, "chainrule", ["w8", *map(str, options)])


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """What ``demos/w8_network.py --steps 3`` wrote into its folder, and printed."""
    folder = tmp_path_factory.mktemp("demo") / "deep" / "out"
    done = subprocess.run(
        [sys.executable, DEMOS / "w8_network.py", "--steps", "3", "--out", folder],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_main_job_writes_its_files_and_says_where(out):
    folder, text = out
    expected = sorted([f"{name}.{kind}" for name in FILES for kind in ("svg", "png")] + ["w8_training.csv"])
    assert sorted(p.name for p in folder.iterdir()) == expected
    for name in FILES:
        assert ElementTree.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert all(str(folder / name) in text for name in expected)


def test_the_main_job_prints_the_document(out):
    _, text = out
    for line in (
        "h1 = w1*i1 + w2*i2 = 0.15*0.05 + 0.2*0.1 = 0.0275",
        "a_h1 = σ(h1) = 1 / (1 + exp(-h1)) = 1 / (1 + exp(-0.0275)) = 0.506874567",
        "E1 = 1/2 * (t1 - a_o1)^2 = 1/2 * (0.01 - 0.606477732)^2 = 0.177892843",
        "E_total = E1 + E2 = 0.177892843 + 0.0646270148 = 0.242519857",
        "∂E/∂w5 = ∂E/∂o1 * a_h1 = 0.142357 * 0.506875 = 0.0721570729",
        "w5 0.4 0.0721570729 0.363921464",
    ):
        assert line in re.sub(" +", " ", text)
    folder, _ = out
    body = text.replace(str(folder), "out")
    assert max(map(len, body.splitlines())) <= 100
    assert "\x1b" not in body  # not a terminal: no colours


def test_the_spreadsheet_is_the_training_at_the_learning_rate_asked_for(out):
    folder, _ = out
    expected = W8Network(study.WEIGHTS).train((0.05, 0.10), (0.01, 0.99), 0.5, 3)
    with open(folder / "w8_training.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {name: [float(row[name]) for row in rows] for name in rows[0]} == expected.columns


def test_every_option_reaches_the_study(tmp_path, capsys):
    weights = "1,-1,0.5,-0.5,1e-3,2,3,-4"
    options = ["--inputs", "-1,2", "--targets", "0,1", "--weights", weights, "--lr", "0.3", "--steps", "2"]
    assert w8(*options, "--out", tmp_path) == 0
    text = capsys.readouterr().out
    with open(tmp_path / "w8_training.csv", encoding="utf-8", newline="") as file:
        first, _second = csv.DictReader(file)
    assert [float(first[name]) for name in ("i1", "i2", "t1", "t2", "w4", "w8")] == [-1, 2, 0, 1, -0.5, -4]
    rates = re.findall(r"^  (\d\S*) +0\.", text, re.MULTILINE)
    assert rates == ["0.1", "0.2", "0.3", "0.5", "0.8", "1", "2"]
    assert "one step of gradient descent: w - 0.3 * ∂E/∂w" in text


def settings(seed):
    return study.settings("0.05,0.10", "0.01,0.99", None, seed, 0.5, 1000, Path("out"))


def test_a_seed_makes_random_weights():
    assert settings(None).weights == study.WEIGHTS
    assert settings(1) == settings(1) != settings(2)


@pytest.mark.parametrize("seed", range(5))
def test_any_numbers_fit_the_page(seed):
    given = settings(seed)
    net = W8Network(given.weights)
    net.loss(given.inputs, given.targets).backward()
    assert max(map(len, calculation.report(net, given.lr))) <= 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--inputs", "1"], "--inputs takes 2 numbers with commas between them, not '1'"),
        (["--inputs", "1,x"], "--inputs takes 2 numbers with commas between them, not '1,x'"),
        (["--targets", "nan,1"], "--targets takes 2 numbers with commas between them, not 'nan,1'"),
        (["--weights", "1,2,3"], "--weights takes 8 numbers with commas between them, not '1,2,3'"),
        (["--weights", "1,2,3,4,5,6,7,8", "--seed", "1"], "--weights and --seed exclude each other"),
        (["--lr", "nan"], "--lr takes a positive number, not nan"),
        (["--lr", "-1"], "--lr takes a positive number, not -1.0"),
        (["--lr", "fast"], "'--lr'"),
        (["--steps", "0"], "'--steps'"),
        (["--steps", "many"], "'--steps'"),
        (["--seed", "x"], "'--seed'"),
        (["--frobnicate"], "--frobnicate"),
        (["--out", __file__], "can't write into the folder"),
        (["--out", f"{__file__}/deeper"], "can't write into the folder"),
        (["--targets", "1e200,0"], "pow overflows at 1e+200, 2.0"),
    ],
)
def test_a_bad_option_is_one_clear_line_and_exit_code_2(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert w8(*options) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("chainrule: ")
    assert message in printed.err


def test_an_unknown_command_is_one_line_too(capsys):
    assert run(app, "chainrule", ["w9"]) == 2
    assert capsys.readouterr().err == "chainrule: No such command 'w9'.\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["w8", "--help"]])
def test_there_is_help(arguments, capsys):
    assert run(app, "chainrule", arguments) == 0
    assert "Usage: chainrule" in capsys.readouterr().out


def test_a_missing_library_is_one_line_that_names_the_cure(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    assert w8("--steps", 1, "--out", tmp_path) == 2
    assert capsys.readouterr().err == "chainrule: a picture needs graphviz; install it with: pip install graphviz\n"


def test_without_matplotlib_the_study_leaves_its_plot_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert w8("--steps", 1, "--out", tmp_path) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "left out: the error at each learning rate" in last
    assert "pip install matplotlib" in last
    assert (tmp_path / "w8_graph.svg").exists()
    assert not (tmp_path / "w8_errors.svg").exists()


def test_on_a_terminal_there_is_a_progress_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    study.train(study.Settings(steps=2))
    assert "training" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    study.train(study.Settings(steps=2))
    assert not capsys.readouterr().err


def test_the_reader_may_stop_reading(tmp_path):
    command = [sys.executable, "-m", "autograd", "w8", "--out", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert b"Error" not in process.stderr.read()
    assert process.returncode == 1


def test_the_user_may_stop_the_work(tmp_path, monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "run", interrupted)
    assert w8("--out", tmp_path) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_the_module_runs_as_a_program(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "autograd", "w8", "--steps", "0", "--out", tmp_path], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.fixture
def demo(tmp_path, monkeypatch, capsys):
    """A function that runs a demo of a name with some options: its exit code, what it printed, and its complaint."""
    monkeypatch.chdir(tmp_path)  # so that out/ is there

    def run_demo(name, *options):
        spec = importlib.util.spec_from_file_location(f"demo_{name}", DEMOS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        code = run(module.app, name, list(map(str, options)))
        return (code, *capsys.readouterr())

    return run_demo


def test_the_moons_are_told_apart_and_drawn(demo, tmp_path):
    code, printed, complaint = demo("moons")
    assert code == 0, complaint
    found, expected = re.search(r"accuracy +(\d+\.\d)% of 100 points; expected: at least (\d+)%", printed).groups()
    assert float(found) >= float(expected) == 99
    assert (tmp_path / "out" / "moons.png").read_bytes().startswith(b"\x89PNG")


def test_moons_by_values_are_moons_compiled(demo):
    printed = [demo("moons", "--steps", 2, "--points", 10, *more)[1] for more in ([], ["--eager"])]
    assert printed[0].splitlines()[:2] == printed[1].splitlines()[:2]


def test_digits_are_read_and_mistakes_drawn(demo, tmp_path):
    code, printed, complaint = demo("digits", "--epochs", 10)
    assert code == 0, complaint
    pattern = r"accuracy +(\d+\.\d)% of 360 held-out digits; expected: at least (\d+)%"
    found, expected = re.search(pattern, printed).groups()
    assert float(found) >= float(expected) == 96
    assert (tmp_path / "out" / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_keplers_law_is_found_and_its_error_bars_hold_the_truth_as_often_as_they_should(demo, tmp_path):
    code, printed, complaint = demo("kepler")
    assert code == 0, complaint
    k, error = map(float, re.search(r"k +(\S+) ± (\S+); expected: 1.5 within three standard errors", printed).groups())
    assert abs(k - 1.5) < 3 * error < 0.03
    coverage = float(re.search(r"coverage +(\S+)% of 1000 fits", printed).group(1))
    assert abs(coverage - 68.3) < 5  # 3.4 standard deviations
    assert (tmp_path / "out" / "kepler.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", sorted({path.stem for path in DEMOS.glob("*.py")} - {"w8_network"}))
def test_every_demo_has_help_and_complains_in_one_line(demo, name):
    code, printed, _ = demo(name, "--help")
    assert code == 0
    assert "--help" in printed
    code, printed, complaint = demo(name, "--nonsense")
    assert (code, printed, complaint.count("\n")) == (2, "", 1)
    assert "--nonsense" in complaint


def test_the_study_ends_where_it_is_expected_to(tmp_path, capsys):
    assert w8("--out", tmp_path) == 0
    printed = capsys.readouterr().out
    rates = {line.split()[0]: line.split() for line in printed.splitlines() if re.match(r" +\d[\d.]* +0\.2425", line)}
    assert 0.99 * study.EXPECTED < float(rates["0.5"][-1]) <= study.EXPECTED
    assert f"expected: at most {study.EXPECTED:g} after 1,000 updates at learning rate 0.5" in printed
    assert w8("--out", tmp_path, "--lr", 0.4, "--steps", 3) == 0
    assert "expected" not in capsys.readouterr().out
