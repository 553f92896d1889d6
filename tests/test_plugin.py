"""The pytest plugin, run by pytest in a folder of its own."""

import pytest

pytest_plugins = ["pytester"]

WRONG = """
    def helper(check):
        check((lambda x, y: x * y, lambda x, y: (y, 2 * x)), 2.0, 3.0)

    def test_wrong(gradcheck):
        helper(gradcheck)
"""


@pytest.fixture
def run(pytester):
    """Run pytest on a test file's text; the plugin is named because it's blocked in this project's own runs."""

    def run_pytest(text, *options, how=pytester.runpytest_subprocess):
        pytester.makepyfile(text)
        return how("-p", "autograd.testing.pytest_plugin", "-p", "no:chainrule", *options)

    return run_pytest


def test_the_fixtures_check_gradients(run, pytester):
    run(
        """
        import autograd as ag

        def test_first(gradcheck):
            assert gradcheck(ag.sin, 1.0).checked == 1

        def test_second(gradgradcheck):
            assert gradgradcheck(ag.sin, 1.0).checked == 1
        """,
        how=pytester.runpytest_inprocess,
    ).assert_outcomes(passed=2)


def test_a_failure_shows_the_table_and_the_line_of_the_test_but_no_code_of_ours(run):
    result = run(WRONG)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*check((lambda x, y: x * y*",
            "E *WrongGradient: gradcheck of <lambda>: 1 of 2 partials wrong",
            "E *partial * ours * truth * error in ulp * conditioning * verdict",
            "E *y * 4.0 * 2.0 * WRONG",
            "E *HINT: factor of 2: it is twice the truth, by y",
        ]
    )
    result.stdout.no_fnmatch_line("*raise WrongGradient*")
    result.stdout.no_fnmatch_line("*autograd*testing*gradients.py:*def *")


def test_it_works_with_xdist(run):
    pytest.importorskip("xdist")
    result = run(WRONG, "-n", "1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *HINT: factor of 2*"])


def test_it_works_inside_given_without_complaint(run):
    run(
        """
        import autograd as ag
        from hypothesis import given, settings, strategies as st

        @settings(max_examples=20, database=None, deadline=None)
        @given(st.floats(-1e8, 1e8))
        def test_everywhere(gradcheck, x):
            gradcheck(lambda x: ag.tanh(x) * x, x)
        """,
        "-W",
        "error",
    ).assert_outcomes(passed=1)


def test_hypothesis_shrinks_to_the_smallest_point(run):
    result = run("""
        from hypothesis import given, settings, strategies as st

        @settings(max_examples=50, database=None, deadline=None, derandomize=True)
        @given(st.floats(0, 100))
        def test_wrong_from_ten_on(gradcheck, x):
            gradcheck((lambda x: x * x, lambda x: 2 * x if x < 10 else 3 * x), x)
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*x=10.0*"])


def test_the_plugin_offers_its_fixtures_with_a_description(run):
    result = run("", "--fixtures")
    result.stdout.fnmatch_lines(["gradcheck *session scope*", "*see *autograd.testing.gradcheck*"])
    result.stdout.fnmatch_lines(["gradgradcheck *session scope*"])
