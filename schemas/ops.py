"""What happened: deliveries, what was not loaded and why, runs and alerts."""

import polars as pl

from schemas.columns import COLUMNS
from schemas.table import Table, conform


class Ops(Table):
    """A table of the record."""

    layer = "ops"
    subject = "Deliveries"


class Delivery(Ops):
    """A file that arrived."""

    key = "delivery_id"
    columns = """
        night feed? file_name sha256 content_sha256? bytes? rows_read extract_time? received_at
        verdict reason? disclosure
    """
    observed = "rows_read"


class DeliveryEvent(Ops):
    """One thing that there is to say of a delivery: why its verdict, what was repaired, a flag.

    Its facts stand in columns of their own. Where the rows of a file are people, numbers and what
    is private are withheld from the published file.
    """

    key = "delivery_id number"
    columns = """
        event_kind code column_name? table_name? count? total? share? line? detail? private? words
    """


class Quarantine(Ops):
    """A row that was not loaded, or a cell that was nulled: where, and by which rule."""

    key = "delivery_id row_number column_name rule"
    columns = "grain"


class Reconciliation(Ops):
    """A delivery's rows: read = loaded + quarantined + duplicate + excluded + merged."""

    key = "delivery_id"
    columns = "rows_read loaded quarantined duplicate excluded merged cells_nulled disclosure"
    observed = "rows_read loaded quarantined duplicate excluded merged cells_nulled"


class Restatement(Ops):
    """What a delivery says of a clean table, beside what its feed said of the same rows before.

    The earlier rows are those in force just before it by extract time; feeds and tables of
    patients are left out. Whole rows are counted under the column ``(the row)``."""

    key = "delivery_id table_name column_name change"
    columns = "rows largest? first_date? last_date?"


class Decision(Ops):
    """What a person decided about a held delivery, once a night has applied it."""

    key = "delivery_id"
    columns = "decision why? decided_by decided_at night verdict"


class Quality(Ops):
    """A finding of a quality rule: something true of the data that someone should look at."""

    subject = "Quality and alerts"
    key = "run_key rule subject_kind subject"
    columns = "severity owner measured? threshold? words"


class QualityScore(Ops):
    """How good what an institution or a feed sent was, as of one night."""

    subject = "Quality and alerts"
    key = "run_key subject_kind subject"
    columns = "night score good_share? warnings severe"
    rules = {"subject_kind": {"isin": ["feed", "institution"]}}


class Run(Ops):
    """One step of a night."""

    subject = "Runs and the file"
    key = "run_key attempt step"
    columns = """
        feed? patient_data position started_at seconds rows outcome orchestrator code_version
        input_hash
    """
    observed = "rows"


class Alert(Ops):
    """A condition that someone should know."""

    subject = "Quality and alerts"
    key = "run_key rule subject"
    columns = "step measured? threshold? message"


class Lineage(Ops):
    """Where a table comes from: one of the things that the step that makes it reads."""

    subject = "Runs and the file"
    key = "made made_by read_from"


class About(Ops):
    """A fact about the whole published file: region, currency, night, versions."""

    subject = "Runs and the file"
    key = "item"
    columns = "value"


class Vocabulary(Ops):
    """A value that may stand in a column, and what it means."""

    subject = "Runs and the file"
    key = "column_name code"
    columns = "meaning meaning_zh"


TABLES: tuple[type[Table], ...] = tuple(Ops.__subclasses__())


def vocabulary() -> pl.DataFrame:
    """``Vocabulary``: the values that ``schemas.columns`` gives a meaning."""
    rows = [
        {"column_name": name, "code": code, "meaning": english, "meaning_zh": chinese}
        for name, column in COLUMNS.items()
        for code, (english, chinese) in column.codes.items()
    ]
    return conform(Vocabulary, pl.DataFrame(rows))
