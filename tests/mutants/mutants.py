"""Every change that mutmut's operators make in a file, and a sample of them that a seed draws."""

import ast
import difflib
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

# Conditions, signs, comparisons and numbers; calls and their arguments; texts and assigned values,
# which nearly any test kills.
SHARES = {"rule": 0.5, "call": 0.35, "value": 0.15}


@dataclass(frozen=True)
class Mutant:
    """A change of one place in one file.

    ``number`` counts the mutants of the file; ``rank`` orders them by the seed, the function and
    the code that changes, so that an edit elsewhere in the file leaves it as it is.
    """

    path: str
    kind: str
    rank: str
    number: int


@dataclass(frozen=True)
class Change:
    """What a mutant changes, in the lines of the source, and the whole source with it."""

    path: str
    function: str
    was: str
    becomes: str
    code: str


def mutants(path: str, root: Path, seed: int) -> list[Mutant]:
    """Every mutant of a file."""
    module, mutations = _mutations((root / path).read_text())
    written: dict[cst.CSTNode, str] = {}
    same: Counter[str] = Counter()
    found = []
    for number, mutation in enumerate(mutations):
        original = mutation.original_node
        if original not in written:
            written[original] = module.code_for_node(original)
        becomes = module.code_for_node(mutation.mutated_node)
        text = "\n".join([path, _function(mutation), written[original], becomes])
        same[text] += 1
        rank = hashlib.sha256(f"{seed} {same[text]} {text}".encode()).hexdigest()
        found.append(Mutant(path, _kind(original), rank, number))
    return found


def draw(found: list[list[Mutant]], size: int) -> list[Mutant]:
    """Draw so many of the mutants of the files, each kind by its share, each file by its size."""
    placed: dict[str, list[tuple[float, str, Mutant]]] = defaultdict(list)
    for of_file in found:
        for kind in SHARES:
            ordered = sorted((m for m in of_file if m.kind == kind), key=lambda m: m.rank)
            for place, mutant in enumerate(ordered):
                placed[kind].append(((place + 0.5) / len(ordered), mutant.rank, mutant))
    return [
        mutant
        for kind, share in SHARES.items()
        for _, _, mutant in sorted(placed[kind], key=lambda p: p[:2])[: round(size * share)]
    ]


def changes(path: str, root: Path, numbers: list[int]) -> list[Change]:
    """Write out those mutants of a file, as far as they are Python."""
    source = (root / path).read_text()
    module, mutations = _mutations(source)
    found = []
    for mutation in (mutations[n] for n in numbers):
        code = module.deep_replace(mutation.original_node, mutation.mutated_node).code
        if _parses(code):
            found.append(Change(path, _function(mutation), *_lines(source, code), code))
    return found


def dropped_call(node: cst.Call) -> Iterator[cst.BaseExpression]:
    """``frame.filter(wanted)`` becomes ``frame``: mutmut drops arguments, but no calls."""
    if isinstance(node.func, cst.Attribute):
        yield node.func.value


def _mutations(source: str) -> tuple[cst.Module, list]:
    operators = [*mutation_operators, (cst.Call, dropped_call)]
    visitor = MutationVisitor(operators, IgnoredCode(set(), set(), set()))
    return cst.MetadataWrapper(cst.parse_module(source)).visit(visitor), visitor.mutations


def _function(mutation) -> str:
    outer = mutation.contained_by_top_level_function
    return outer.name.value if isinstance(outer, cst.FunctionDef) else ""


def _kind(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Call):
        return "call"
    return "value" if isinstance(node, cst.BaseString | cst.Assign | cst.AnnAssign) else "rule"


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def _lines(source: str, code: str) -> list[str]:
    """The lines that differ, before and after."""
    compared = list(difflib.ndiff(source.splitlines(), code.splitlines()))
    return [
        "\n".join(line[2:].strip() for line in compared if line.startswith(sign))
        for sign in ("- ", "+ ")
    ]
