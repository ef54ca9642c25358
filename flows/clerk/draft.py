"""A first draft of a feed's TOML from one of its files, for a person to review."""

import csv
import json
import re
import tomllib
from pathlib import Path

import polars as pl

from schemas.errors import ConfigRefused
from schemas.feed import Feed
from transforms.quality.guess import Guess, Guesses, guess

MOST_BYTES = 20_000_000
MOST_ROWS = 5000
SEPARATORS = (",", ";", "\t", "|")
DATES = (
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d", r"\d{4}-\d\d-\d\d"),
    (r"\d{4}-\d\d", "%Y-%m", r"\d{4}-\d\d"),
    (r"20\d{6}", "%Y%m%d", r"\d{8}"),
    (r"(?:19|20)\d\d", "%Y", r"\d{4}"),
)
# How often files come whose name gives so much of a date, where the rows do not tell.
EVERY_DAYS = {"%Y": 366, "%Y-%m": 31}


def draft_feed(sample: Path) -> str:
    """The TOML of a feed that reads ``sample``; every guess in it is to be reviewed.

    Raises:
        ConfigRefused: if the file cannot be read as delimited text.
    """
    text, encoding = _text(sample)
    separator = _separator(text)
    guesses = guess(_frame(text, separator))
    toml = _toml(sample, encoding, separator, guesses)
    Feed.model_validate(tomllib.loads(toml))
    return toml


def _text(sample: Path) -> tuple[str, str]:
    try:
        with sample.open("rb") as file:
            data = file.read(MOST_BYTES)
    except OSError as err:
        raise ConfigRefused(f"{sample.name} cannot be read: {err.strerror}") from None
    if b"\0" in data:
        raise ConfigRefused(f"{sample.name} is not text; save it as CSV first")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "cp1252"


def _separator(text: str) -> str:
    """The mark that splits the first lines most evenly into most columns."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    counts = {s: [len(row) for row in csv.reader(lines, delimiter=s)] for s in SEPARATORS}

    def evenness(separator: str) -> tuple[float, int]:
        found = counts[separator]
        even = found.count(found[0]) / len(found) if found and found[0] > 1 else 0.0
        return even, found[0] if found else 0

    return max(SEPARATORS, key=evenness)


def _frame(text: str, separator: str) -> pl.DataFrame:
    rows = list(csv.reader(text.splitlines()[: MOST_ROWS + 1], delimiter=separator))
    rows = [row for row in rows if row]
    names = rows[0] if rows else []
    whole = [row for row in rows[1:] if len(row) == len(names)]
    if not whole or len(set(names)) != len(names):
        raise ConfigRefused(
            "the file has no header with rows below it, or two columns of one name; the draft"
            " needs a whole file"
        )
    return pl.DataFrame(whole, schema=dict.fromkeys(names, pl.String), orient="row")


def _toml(sample: Path, encoding: str, separator: str, found: Guesses) -> str:
    feed = re.sub(r"[^a-z0-9]+", "_", _bare(sample.name).lower()).strip("_") or "feed"
    parts = [
        "# Drafted from one file: review every line. docs/feeds.md says what each key means.",
        f"feed = {_quoted(feed if feed[0].isalpha() else f'feed_{feed}')}",
        'publisher = "who sends it, and on what terms"',
        "patient_data = true                 # false only if no row describes a patient",
        "",
        *_file(sample, encoding, separator, found),
        "",
        "[null]                              # marker = withheld, not_reported, ...",
        *(f'{_quoted(marker)} = "not_reported"' for marker in found.markers),
        "",
        *_source(found),
        "",
        *_table(found),
    ]
    return "\n".join(parts) + "\n"


def _file(sample: Path, encoding: str, separator: str, found: Guesses) -> list[str]:
    name, extract_format = _name_pattern(sample.name)
    every = found.every_days or EVERY_DAYS.get(extract_format or "%Y", 7)
    dated = "extract_time = 2000-01-01T00:00:00   # the name gives no date: say when it was drawn"
    return [
        "[file]",
        f"name = {_literal(name)}",
        f"extract_format = {_quoted(extract_format)}" if extract_format else dated,
        'timezone = "UTC"                    # of every local time in the file',
        f"encoding = {_quoted(encoding)}",
        f"separator = {_quoted(separator)}",
        f"decimal = {_quoted(found.decimal)}",
        "max_mb = 50",
        'replaces = "period"                 # period | whole_table | nothing',
        'late = "history"                    # history | hold',
        f"every_days = {every:<22} # how often one is expected; an alert after twice that",
    ]


def _source(found: Guesses) -> list[str]:
    renamed = [c for c in found.columns if c.ours != c.theirs and c.kind != "unused"]
    lines = ["[source]"]
    lines += [f"# {c.theirs}: {c.doubt}" for c in found.columns if c.doubt]
    names = ", ".join(f"{c.ours} = [{_quoted(c.theirs)}]" for c in renamed)
    lines += [f"names = {{ {names} }}"] if names else []
    for kind in ("text", "number"):
        lines.append(f"{kind} = {_listed([c.ours for c in _of(found, kind)])}")
    for kind in ("date", "datetime"):
        said = ", ".join(f"{c.ours} = {_quoted(str(c.format))}" for c in _of(found, kind))
        lines += [f"{kind} = {{ {said} }}"] if said else []
    unused = [re.escape(c.theirs) for c in _of(found, "unused")]
    lines += [f"unused = {_listed(unused)}"] if unused else []
    lines.append(
        f"key = {_listed(found.key)}  # they name each row of this file once; of all files?"
    )
    pads = ", ".join(f"{c.ours} = {c.pad}" for c in found.columns if c.pad and c.kind == "text")
    return [*lines, f"pad = {{ {pads} }}"] if pads else lines


def _table(found: Guesses) -> list[str]:
    """A mapping that is valid and says the least; the real one is a person's to write."""
    texts = [c.ours for c in _of(found, "text")]
    whose = next((c for c in [*found.key, *texts] if c in texts), None)
    mapped = _quoted(whose) if whose else _quoted(f"try_cast({found.key[0]} as varchar)")
    return [
        "# One [[table]] for each canonical table that the file fills; see docs/dictionary.md.",
        "[[table]]",
        'name = "institution"',
        f"columns = {{ institution_id = {mapped} }}",
    ]


def _name_pattern(name: str) -> tuple[str, str | None]:
    """The name as a pattern with its date as the extract time, and that date's format."""
    bare = _without_packing(name)
    for pattern, said, general in DATES:
        place = re.search(rf"(?<!\d){pattern}(?!\d)", bare)
        if place:
            before, after = re.escape(bare[: place.start()]), re.escape(bare[place.end() :])
            return f"{before}(?P<extract>{general}){after}", said
    return re.escape(bare), None


def _without_packing(name: str) -> str:
    return re.sub(r"(?i)\.(gz|zip)$", "", name)


def _bare(name: str) -> str:
    stem = Path(_without_packing(name)).stem
    for pattern, _, _ in DATES:
        stem = re.sub(rf"(?<!\d){pattern}(?!\d)", "", stem)
    return stem


def _of(found: Guesses, kind: str) -> list[Guess]:
    return [c for c in found.columns if c.kind == kind]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _literal(pattern: str) -> str:
    """A pattern as TOML shows it best; ``re.escape`` guards more than it must."""
    plain = pattern.replace("\\-", "-")
    return _quoted(plain) if "'" in plain else f"'{plain}'"


def _listed(names: list[str]) -> str:
    return "[" + ", ".join(_quoted(name) for name in names) + "]"
