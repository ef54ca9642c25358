"""Stays by pandas with the same checks: read as text, typed, judged, split, loaded."""

from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.stays import HOSPITALS

KEY = "encounter_id"
ZONE, FORMAT = "Europe/Vienna", "%Y-%m-%d %H:%M"
NEEDED = [KEY, "patient_key", "institution_id", "class_id", "admitted_at"]
LONGEST = 128


def load(file: Path, database: Path, latest: datetime) -> dict[str, int]:
    """Good rows into one table, bad ones with their rule into another; what was counted."""
    text = pd.read_csv(file, dtype="str", keep_default_na=False, na_values=["", "NA"])
    read = len(text)
    stays = text[text["record_type"] == "stay"].drop(columns="record_type")
    copies = stays.duplicated()
    stays = stays[~copies]
    admitted = _utc(stays["admitted_at"])
    discharged = _utc(stays["discharged_at"])
    nulled = stays["discharged_at"].notna() & discharged.isna()
    stays = stays.assign(admitted_at=admitted, discharged_at=discharged)
    rules = _faults(stays, latest)
    bad = pd.concat(
        [stays.loc[wrong, [KEY]].assign(rule=rule) for rule, wrong in rules.items()],
        ignore_index=True,
    )
    good = stays[~pd.concat(rules, axis=1).any(axis=1)].sort_values(KEY)
    with duckdb.connect(str(database), config={"threads": "2"}) as con:
        con.register("good", good)
        con.register("bad", bad)
        con.execute("CREATE TABLE encounter AS SELECT * FROM good")
        con.execute("CREATE TABLE quarantine AS SELECT * FROM bad")
    return {"read": read, "loaded": len(good), "nulled": int(nulled[good.index].sum())}


def _utc(text: pd.Series) -> pd.Series:
    local = pd.to_datetime(text, format=FORMAT, errors="coerce")
    zoned = local.dt.tz_localize(ZONE, ambiguous="NaT", nonexistent="NaT")
    return zoned.dt.tz_convert("UTC").dt.tz_localize(None)


def _faults(stays: pd.DataFrame, latest: datetime) -> dict[str, pd.Series]:
    """The rows at fault by rule."""
    known = {f"{i:04d}" for i in range(HOSPITALS)}
    texts = stays.select_dtypes(include="str")
    return {
        "key_repeated": stays.duplicated(KEY, keep=False),
        "required_missing": stays[NEEDED].isna().any(axis=1),
        "too_long": (texts.apply(lambda column: column.str.len()) > LONGEST).any(axis=1),
        "unknown_institution": ~stays["institution_id"].isin(known),
        "in_future": stays["admitted_at"] > latest,
        "discharge_before_admission": stays["discharged_at"] < stays["admitted_at"],
    }
