"""No text that the program made is read back: what is needed later travels as a fact."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("flows", "transforms", "optimization", "schemas")
# Names under which words made by the program stand in variables, fields and columns.
MADE = {"reason", "reasons", "flag", "flags", "words", "message", "messages", "why", "err", "error"}
# Ways to look into a text, of Python, ``re`` and polars.
LOOKS = {
    *("split", "rsplit", "partition", "rpartition", "startswith", "endswith"),
    *("starts_with", "ends_with", "contains", "replace", "replace_all", "removeprefix"),
    *("removesuffix", "find", "index", "strip_prefix", "extract", "extract_all", "count_matches"),
}
PATTERNS = {"match", "search", "fullmatch", "findall", "finditer", "sub", "split"}


def parsings(source: str) -> Iterator[int]:
    """Lines of a module that look into text which the program made."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and _looks_inside(node):
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            looks = node.func.attr in LOOKS and _is_made(node.func.value)
            of_pattern = node.func.attr in PATTERNS and any(map(_is_made, node.args))
            if looks or of_pattern:
                yield node.lineno


def _looks_inside(node: ast.Compare) -> bool:
    """``"lacks" in reason``: a piece of text sought in words; ``x in reasons`` of codes is not."""
    sought = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    inside = any(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
    return sought and inside and any(map(_is_made, node.comparators))


def _is_made(node: ast.AST) -> bool:
    """Does the expression hold words: ``reason``, ``x.flags``, ``d["why"]``, ``str(err)``?"""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in MADE:
            return True
        case ast.Attribute(value=inner) | ast.Subscript(value=inner, slice=ast.Slice()):
            return _is_made(inner)
        case ast.Subscript(slice=ast.Constant(value=key)):
            return key in MADE
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _is_made(inner)
        case ast.Call(func=ast.Attribute(attr="col"), args=[ast.Constant(value=column), *_]):
            return column in MADE
        case ast.Call(func=ast.Attribute(attr="words")):
            return True
        case ast.Call(func=ast.Attribute(value=inner)):
            return _is_made(inner)
    return False


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_that_the_program_said_is_parsed(package):
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in parsings(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'parts = flags.split("; ")',
        'if "lacks" in reason: pass',
        'if "is" not in delivery.reason: pass',
        'flags = delivery.flags.split("; ") if delivery.flags else []',
        'drift = pl.col("flags").str.contains("undeclared column", literal=True)',
        'made = pl.col("message").str.replace_all("[0-9]+", "some")',
        'what = "repaired" if REPAIR.search(flag) else "flagged"',
        'kind = re.match("held", row["why"])',
        'if str(err).startswith("held"): pass',
        'first = words[:40].partition(":")[0]',
        "code = occurrence.words().split()[0]",
    ],
)
def test_a_text_that_is_parsed_is_found(line):
    assert list(parsings(line)) == [1]


@pytest.mark.parametrize(
    "line",
    [
        'if "late" in codes: pass',
        "if code in reasons: pass",
        'name.split("/")',
        'pl.col("reason") == "late"',
        'said = "; ".join(reasons)',
    ],
)
def test_what_is_no_parsing_is_let_be(line):
    assert list(parsings(line)) == []
