"""Tests stand where the code does, and are named after its module, or that and what they show."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "tests" / "unit"
# What is true of a whole folder.
OF_ALL = {
    "against_matrix",
    "capacity",
    "docs",
    "golden",
    "known_answers",
    "laws",
    "markers",
    "rules",
}


def modules(folder: Path) -> set[str]:
    """The folder itself, and the modules and folders in it."""
    return {folder.name, *(path.stem for path in folder.glob("*"))}


def test_tests_stand_where_the_code_does():
    lost = []
    for path in sorted(UNIT.rglob("test_*.py")):
        subject = path.stem.removeprefix("test_")
        code = ROOT / path.parent.relative_to(UNIT)
        if path.parent == UNIT or subject in OF_ALL:
            continue
        if not any(subject == name or subject.startswith(f"{name}_") for name in modules(code)):
            lost.append(str(path.relative_to(ROOT)))
    assert lost == []
