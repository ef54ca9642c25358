"""The mutants that are drawn, what becomes of them, and what a run says of that."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from mutants import SHARES, Change, changes, draw, mutants  # noqa: E402
from report import document, faults, key, stale  # noqa: E402
from trial import FailsUnchanged, Outcome, concerned, try_out  # noqa: E402

SOURCE = """LIMIT = 3


def within(values):
    return [v for v in values if v < LIMIT].copy()
"""
OTHER = """def other():
    return 1
"""
TEST = """from transforms.rules.limits import within


def test_what_is_below_the_limit_is_kept():
    assert within([2, 4]) == [2]
"""
CONFTEST = """from hypothesis import settings

settings.register_profile("mutants", settings())
"""


@pytest.fixture
def project(tmp_path) -> Path:
    """A project of one file and its test."""
    files = {
        "transforms/__init__.py": "",
        "transforms/rules/limits.py": SOURCE,
        "tests/unit/transforms/rules/test_limits.py": TEST,
        "tests/conftest.py": CONFTEST,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def made(project: Path) -> dict[tuple[str, str], Change]:
    """Every mutant of the file, by the lines before and after."""
    count = len(mutants("transforms/rules/limits.py", project, 1))
    found = changes("transforms/rules/limits.py", project, list(range(count)))
    return {(c.was, c.becomes): c for c in found}


def test_a_comparison_a_number_and_a_call_are_changed(project):
    kept = "return [v for v in values if v < LIMIT].copy()"
    assert set(made(project)) == {
        ("LIMIT = 3", "LIMIT = None"),
        ("LIMIT = 3", "LIMIT = 4"),
        (kept, kept.replace("<", "<=")),
        (kept, kept.replace(".copy()", "")),
    }


def test_an_edit_elsewhere_in_the_file_draws_the_same_mutants(project):
    path = "transforms/rules/limits.py"
    before = {m.rank for m in mutants(path, project, 1)}
    (project / path).write_text(OTHER + SOURCE)
    assert before < {m.rank for m in mutants(path, project, 1)}
    assert before.isdisjoint(m.rank for m in mutants(path, project, 2))


def test_each_kind_is_drawn_by_its_share():
    found = mutants("tests/mutants/trial.py", HERE.parents[1], 1)
    drawn = draw([found], 20)
    assert {k: sum(m.kind == k for m in drawn) for k in SHARES} == {
        "rule": 10,
        "call": 7,
        "value": 3,
    }
    assert drawn == draw([found[::-1]], 20)


@pytest.mark.slow
def test_a_mutant_is_killed_by_a_test_that_fails_and_survives_otherwise(project, tmp_path_factory):
    found, told = made(project), []
    tried = [found["LIMIT = 3", "LIMIT = None"], found["LIMIT = 3", "LIMIT = 4"]]
    outcomes = try_out(tried, project, tmp_path_factory.mktemp("scratch"), 1, told.append)
    assert [o.status for o in outcomes] == ["killed", "survived"]
    assert told == outcomes
    assert (project / "transforms/rules/limits.py").read_text() == SOURCE


@pytest.mark.slow
def test_tests_that_fail_without_a_change_are_refused(project, tmp_path_factory):
    test = project / "tests/unit/transforms/rules/test_limits.py"
    test.write_text(TEST.replace("[2]", "[3]"))
    with pytest.raises(FailsUnchanged, match="test_limits.py"):
        scratch = tmp_path_factory.mktemp("scratch")
        try_out(list(made(project).values()), project, scratch, 1, print)


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("transforms/exact.py", ["tests/unit/transforms/test_exact.py"]),
        (
            "transforms/demand/balance.py",
            ["tests/unit/transforms/demand/test_balance.py", "tests/unit/transforms/demand"],
        ),
        ("transforms/inputs/allocation/inputs.py", None),
    ],
)
def test_a_file_is_tested_by_its_mirror_first(path, tests):
    root = HERE.parents[1]
    found = concerned(path, root)
    assert tests is None or list(found) == tests
    assert all((root / p).exists() for p in found)


CHANGE = Change("transforms/rules/limits.py", "within", "v < LIMIT", "v <= LIMIT", "")
NAMED = {key(CHANGE): "No value | equals the limit."}


def outcomes(killed: int, survived: int) -> list[Outcome]:
    return [Outcome(CHANGE, "killed")] * killed + [Outcome(CHANGE, "survived")] * survived


def test_a_survivor_that_nobody_looked_at_fails():
    assert faults(outcomes(9, 1), NAMED) == []
    (said,) = faults(outcomes(9, 1), {})
    assert "v <= LIMIT" in said


def test_a_low_score_fails():
    assert faults(outcomes(8, 2), NAMED) == ["transforms: 80.0 % killed, 90 % wanted"]


def test_the_document_gives_scores_and_survivors():
    lines = document(outcomes(9, 1), NAMED, 7).splitlines()
    assert "| transforms | 10 | 9 | 90.0 | 90 |" in lines
    assert "| `within` | `v < LIMIT` | `v <= LIMIT` | No value \\| equals the limit. |" in lines


def test_a_survivor_whose_lines_are_no_more_is_named(project):
    path = "transforms/rules/limits.py"
    stands = {(path, "within", "return [v for v in values if v < LIMIT].copy()", ""): "x"}
    gone = {(path, "within", "LIMIT = 5", ""): "x", (path, "outside", "LIMIT = 3", ""): "x"}
    assert stale({**stands, (path, "", "LIMIT = 3", ""): "x"}, project) == []
    assert len(stale({**stands, **gone, ("transforms/old.py", "f", "x", ""): "x"}, project)) == 3
