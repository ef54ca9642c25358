"""Every quality rule by name: what it says, how grave it is, who should look, what is expected."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from schemas import ops
from schemas.table import conform

FOUND = pl.Schema({"subject": pl.String, "value": pl.Float64})


@dataclass(frozen=True)
class Rule:
    """A rule across rows or tables; ``words`` say what is true of its subject."""

    rule: str
    subject_kind: str
    severity: str
    owner: str
    threshold: float | None
    words: str


RULES: tuple[Rule, ...] = (
    Rule(
        "use_above_capacity",
        "institution",
        "warn",
        "sender",
        1.0,
        "in its newest figures more of a resource is in use than in service (value: times)",
    ),
    Rule(
        "unknown_resource",
        "resource",
        "severe",
        "sender",
        0.0,
        "the region's file defines no resource of this code, so nothing is planned with it: a code "
        "is compared letter for letter (value: rows)",
    ),
    Rule(
        "unknown_class",
        "class",
        "severe",
        "sender",
        0.0,
        "the region's file defines no class of this code, so its patients are not planned for: a "
        "code is compared letter for letter (value: rows)",
    ),
    Rule(
        "stays_of_unknown_class",
        "institution",
        "warn",
        "sender",
        0.0,
        "the region's file does not define the class of some stays, which are not planned for "
        "(value: stays, to the next 5; empty up to 10)",
    ),
    Rule(
        "overlapping_stays",
        "institution",
        "warn",
        "sender",
        0.0,
        "stays begin before an earlier stay of the same patient ends (value: stays, to the next 5; "
        "empty up to 10)",
    ),
    Rule(
        "long_stays",
        "institution",
        "warn",
        "sender",
        0.0,
        "stays last over two years (value: stays, to the next 5; empty up to 10)",
    ),
    Rule(
        "capacity_jumped",
        "institution",
        "warn",
        "analyst",
        0.5,
        "units in service changed by over half, and by at least ten, within a week or a period "
        "(value: change as a share)",
    ),
    Rule(
        "total_jumped",
        "resource",
        "severe",
        "analyst",
        0.2,
        "units in service in the whole region changed by over a fifth within a week or a period "
        "(value: change as a share)",
    ),
    Rule(
        "stale_institution",
        "institution",
        "warn",
        "sender",
        14.0,
        "its newest figures are over two weeks, or two periods, older than the region's newest "
        "(value: days)",
    ),
    Rule(
        "silent_institution",
        "institution",
        "warn",
        "clerk",
        None,
        "it is open and no figures of its capacity ever came",
    ),
    Rule(
        "institution_left_out",
        "institution",
        "severe",
        "sender",
        None,
        "no feed says both in which zone and in which region it lies: it counts nowhere until one "
        "does",
    ),
    Rule(
        "zone_left_out",
        "zone",
        "severe",
        "sender",
        None,
        "no feed says in which region it lies: its people count nowhere until one does",
    ),
    Rule(
        "population_unknown",
        "zone",
        "warn",
        "sender",
        0.0,
        "some of its people are unknown: they are put at their share in the region's other zones, "
        "or the region shows no population and no rates (value: cells)",
    ),
    Rule(
        "silent_feed",
        "feed",
        "severe",
        "clerk",
        2.0,
        "its newest extract is older than twice the time between extracts (value: times)",
    ),
    Rule("empty_feed", "feed", "warn", "clerk", None, "none of its extracts was ever loaded"),
    Rule(
        "delivery_held",
        "delivery",
        "severe",
        "clerk",
        None,
        "it waits for a person: release or refuse it",
    ),
    Rule("delivery_rejected", "delivery", "severe", "sender", None, "it was rejected tonight"),
    Rule(
        "announced_and_missing",
        "delivery",
        "severe",
        "sender",
        None,
        "a manifest announces a file of this name, and none came",
    ),
    Rule(
        "same_content_new_name",
        "delivery",
        "warn",
        "sender",
        None,
        "its content is that of another file, under a new name",
    ),
    Rule(
        "rows_at_fault",
        "delivery",
        "severe",
        "sender",
        0.05,
        "over a twentieth of its rows is quarantined (value: share)",
    ),
    Rule(
        "undeclared_columns",
        "delivery",
        "severe",
        "clerk",
        None,
        "it has columns that its feed does not know; they were not read",
    ),
)
BY_NAME = {rule.rule: rule for rule in RULES}


def quality(run_key: str, found: Iterable[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """``ops.quality``: findings by rule name, each a frame of subject and value."""
    parts = [_described(run_key, BY_NAME[name], frame) for name, frame in found]
    return conform(ops.Quality, pl.concat(parts))


def _described(run_key: str, rule: Rule, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        run_key=pl.lit(run_key),
        rule=pl.lit(rule.rule),
        subject_kind=pl.lit(rule.subject_kind),
        subject=pl.col("subject").cast(pl.String),
        severity=pl.lit(rule.severity),
        owner=pl.lit(rule.owner),
        measured=pl.col("value").cast(pl.Float64).round(6),
        threshold=pl.lit(rule.threshold, pl.Float64),
        words=pl.lit(rule.words),
    )


def alerts(found: pl.DataFrame, delivery: pl.DataFrame) -> pl.DataFrame:
    """``ops.alert``: one for each severe finding of ``ops.quality``.

    What is about a delivery (``ops.delivery``) names its file and the reason of its verdict.
    """
    about = delivery.select(
        subject_kind=pl.lit("delivery"),
        subject="delivery_id",
        file=pl.col("file_name") + ": ",
        why="; " + pl.col("reason"),
    )
    severe = found.filter(pl.col("severity") == "severe").join(
        about, on=["subject_kind", "subject"], how="left"
    )
    message = pl.concat_str("file", "words", "why", ignore_nulls=True)
    named = severe.select("run_key", "rule", "subject", "measured", "threshold", message=message)
    return conform(ops.Alert, named)
