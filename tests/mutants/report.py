"""The score of a run, what may survive and why, and docs/mutants.md."""

import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from mutants import Change
from trial import Outcome

REVIEWED = Path(__file__).parent / "reviewed.toml"
Reviewed = dict[tuple[str, str, str, str], str]
WANTED = {"optimization/verify": 95, "transforms": 90}  # per cent killed


@dataclass(frozen=True)
class Score:
    """How many mutants were tried, and how many of them the tests saw."""

    tried: int
    killed: int

    @property
    def percent(self) -> float:
        """Killed, of a hundred tried."""
        return 100 * self.killed / self.tried


def read_reviewed(file: Path = REVIEWED) -> Reviewed:
    """The survivors that were looked at: path, function, lines before and after | reason."""
    entries = tomllib.loads(file.read_text()).get("survivor", [])
    return {(e["path"], e["function"], e["was"], e["becomes"]): e["why"] for e in entries}


def key(change: Change) -> tuple[str, str, str, str]:
    """What a reviewed survivor is found by; line numbers change, these do not."""
    return change.path, change.function, change.was, change.becomes


def scores(outcomes: list[Outcome], depth: int | None = None) -> dict[str, Score]:
    """The score of each package, or of each folder or file as many names deep."""
    tried: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    for outcome in outcomes:
        path = outcome.change.path
        name = _package(path) if depth is None else "/".join(path.split("/")[:depth])
        tried[name] += 1
        killed[name] += outcome.status != "survived"
    return {name: Score(tried[name], killed[name]) for name in sorted(tried)}


def survivors(outcomes: list[Outcome]) -> list[Change]:
    """The mutants that no test saw."""
    return [o.change for o in outcomes if o.status == "survived"]


def faults(outcomes: list[Outcome], reviewed: Reviewed) -> list[str]:
    """Why the run fails: a score below what is wanted, a survivor that nobody looked at."""
    low = [
        f"{name}: {score.percent:.1f} % killed, {WANTED[name]} % wanted"
        for name, score in scores(outcomes).items()
        if score.percent < WANTED[name]
    ]
    unknown = [c for c in survivors(outcomes) if key(c) not in reviewed]
    return low + [f"not in {REVIEWED.name}:\n{entry(c)}" for c in unknown]


def stale(reviewed: Reviewed, root: Path) -> list[str]:
    """Why the run fails: what was looked at stands in the code no more."""
    return [
        f"in {REVIEWED.name}, but no more in {path}, {function or 'outside of functions'}:\n{was}"
        for path, function, was, _ in reviewed
        if not _stands(root / path, function, was)
    ]


def _stands(file: Path, function: str, was: str) -> bool:
    text = file.read_text() if file.is_file() else ""
    defined = not function or f"def {function}(" in text
    return defined and set(was.splitlines()) <= {line.strip() for line in text.splitlines()}


def entry(change: Change) -> str:
    """A survivor as ``reviewed.toml`` holds it, the reason left out."""
    lines = {"path": change.path, "function": change.function}
    head = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    return f"[[survivor]]\n{head}was = '''{change.was}'''\nbecomes = '''{change.becomes}'''\n"


def document(outcomes: list[Outcome], reviewed: Reviewed, seed: int) -> str:
    """docs/mutants.md."""
    return "\n".join(
        [
            _INTRODUCTION,
            f"mutmut {version('mutmut')}, sample {len(outcomes)}, seed {seed}.",
            "",
            *_table("package", scores(outcomes), WANTED),
            *_table("folder or file", scores(outcomes, depth=3)),
            "## Survivors",
            "",
            *_survivors(survivors(outcomes), reviewed),
            "",
        ]
    )


_INTRODUCTION = """# Mutants

Written by `make mutants`. Each mutant is the code with one place changed: a comparison, a sign, a
number, a call or an argument left out, another text. The tests of its file run; where one fails,
the mutant is killed. `optimization/verify` and the pure `transforms` are tried (`transforms/sample`
is not: its numbers are made up). Half of the sample are rules (conditions, signs, numbers), a third
calls, the rest texts and assigned values. A run fails below the score wanted, and on a survivor
that [reviewed.toml](../tests/mutants/reviewed.toml) does not explain.
"""


def _table(of: str, found: dict[str, Score], wanted: dict[str, int] | None = None) -> list[str]:
    more = " wanted |" if wanted else ""
    lines = [
        f"| {of} | mutants | killed | % |{more}",
        "| --- | --: | --: | --: |" + bool(more) * " --: |",
    ]
    for name, score in found.items():
        want = f" {wanted[name]} |" if wanted else ""
        lines.append(f"| {name} | {score.tried} | {score.killed} | {score.percent:.1f} |{want}")
    return [*lines, ""]


def _survivors(changes: list[Change], reviewed: Reviewed) -> list[str]:
    rows: dict[str, list[str]] = defaultdict(list)
    for change in sorted(changes, key=key):
        why = reviewed.get(key(change), "**not looked at**").replace("|", "\\|")
        where = change.function or "module"
        cells = [f"`{where}`", _code(change.was), _code(change.becomes), why]
        rows[change.path].append(f"| {' | '.join(cells)} |")
    head = ["", "| in | was | becomes | why it survives |", "| --- | --- | --- | --- |"]
    return [line for path, of in rows.items() for line in [f"### {path}", *head, *of, ""]]


def _code(lines: str) -> str:
    text = " ".join(lines.splitlines()).replace("|", "\\|")
    return f"`{text}`" if text else "(left out)"


def _package(path: str) -> str:
    return next(name for name in WANTED if path.startswith(f"{name}/"))
