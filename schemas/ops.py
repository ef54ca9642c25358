"""What happened: deliveries, what was not loaded and why, runs and alerts."""

import polars as pl

from schemas.events import DELIVERY_EVENTS
from schemas.table import Table, column, disclosure_column

VERDICTS = ("loaded", "rejected", "duplicate", "held")
CHANGES = ("new", "same", "restated", "gone", "changed", "filled", "emptied")
Instant = pl.Datetime("us")


class Delivery(Table):
    """A file that arrived."""

    delivery_id: str = column("First 16 hex digits of the sha256, and a number if it came again.")
    night: pl.Date = column("The night that read it.")
    feed: str = column("The feed it belongs to; null if it fits none.", nullable=True)
    file_name: str = column("Its name.")
    sha256: str = column("Hash of its bytes as sent.")
    content_sha256: str = column(
        "Hash of what is inside: differs from sha256 for an archive.", nullable=True
    )
    bytes: pl.Int64 = column(
        "Size; published, of patients' files to the nearest 1,000, null where no rows are shown.",
        unit="bytes",
        nullable=True,
        ge=0,
    )
    rows_read: pl.Int64 = column("Rows of data in it.", unit="rows", observed=True, ge=0)
    extract_time: Instant = column("When it was drawn, UTC, from its name.", nullable=True)  # type: ignore[valid-type]
    received_at: Instant = column("When it was read, UTC.")  # type: ignore[valid-type]
    verdict: str = column("loaded, rejected, duplicate or held.", isin=VERDICTS)
    reason: str = column(
        "Code of why it was not loaded, as docs/deliveries.md lists them; null if it was.",
        nullable=True,
    )
    disclosure: str = disclosure_column()

    class Config:
        name = "delivery"
        unique = ["delivery_id"]
        metadata = {"layer": "ops", "source": "the night"}


class DeliveryEvent(Table):
    """One thing that there is to say of a delivery: why its verdict, what was repaired, a flag.

    Its facts stand in columns of their own. Where the rows of a file are people, numbers and what
    is private are withheld from the published file.
    """

    delivery_id: str = column("The delivery.")
    number: pl.Int64 = column("Its place among those of the delivery, from 1.", unit="1", ge=1)
    kind: str = column("What kind of event it is.", isin=DELIVERY_EVENTS)
    code: str = column("Which event; docs/deliveries.md lists them.")
    column_name: str = column("The column, as the feed names it.", nullable=True)
    table_name: str = column("The clean table.", nullable=True)
    count: pl.Int64 = column("How many.", unit="1", nullable=True, ge=0)
    total: pl.Int64 = column("Of how many, or how many are allowed.", unit="1", nullable=True, ge=0)
    share: float = column("What share of them, or how many times.", unit="1", nullable=True)
    line: pl.Int64 = column("Line of the file; the first is 1.", unit="1", nullable=True, ge=1)
    detail: str = column("A word of the feed or the platform.", nullable=True)
    private: str = column(
        "What stood in the file, in its name, or was written by a person.", nullable=True
    )
    words: str = column("All of it in plain words.")

    class Config:
        name = "delivery_event"
        unique = ["delivery_id", "number"]
        metadata = {"layer": "ops", "source": "the night"}


class Quarantine(Table):
    """A row that was not loaded, or a cell that was nulled: where, and by which rule."""

    delivery_id: str = column("The delivery.")
    row_number: pl.Int64 = column(
        "Lines of the file before it: a spreadsheet shows it in the row of the next number.",
        unit="rows",
    )
    column_name: str = column("The column at fault, as the feed names it.")
    rule: str = column("Code of the rule it broke; docs/deliveries.md lists them.")
    grain: str = column("row: the row was not loaded; cell: only the cell.", isin=["row", "cell"])

    class Config:
        name = "quarantine"
        unique = ["delivery_id", "row_number", "column_name", "rule"]
        metadata = {"layer": "ops", "source": "the night"}


class Reconciliation(Table):
    """A delivery's rows: read = loaded + quarantined + duplicate + excluded + merged."""

    delivery_id: str = column("The delivery.")
    rows_read: pl.Int64 = column(
        "Rows of data in the file; where rows are people, the sum of what is shown.",
        unit="rows",
        observed=True,
        ge=0,
    )
    loaded: pl.Int64 = column("Rows in clean tables.", unit="rows", observed=True, ge=0)
    quarantined: pl.Int64 = column(
        "Rows whose key or identity is at fault.", unit="rows", observed=True, ge=0
    )
    duplicate: pl.Int64 = column(
        "Rows sent twice with the same content.", unit="rows", observed=True, ge=0
    )
    excluded: pl.Int64 = column(
        "Rows a filter of the feed leaves out.", unit="rows", observed=True, ge=0
    )
    merged: pl.Int64 = column(
        "Rows a named rule joined to another.", unit="rows", observed=True, ge=0
    )
    cells_nulled: pl.Int64 = column("Cells at fault, nulled.", unit="cells", observed=True, ge=0)
    disclosure: str = disclosure_column()

    class Config:
        name = "reconciliation"
        unique = ["delivery_id"]
        metadata = {"layer": "ops", "source": "the night"}


class Restatement(Table):
    """What a delivery says of a clean table, beside what its feed said of the same rows before.

    The earlier rows are those in force just before it by extract time; feeds and tables of
    patients are left out. Whole rows are counted under the column ``(the row)``.
    """

    delivery_id: str = column("The delivery.")
    table_name: str = column("The clean table.")
    column_name: str = column("The column that changed; (the row) for whole rows.")
    change: str = column(
        "Rows: new, same, restated (a column differs) or gone (no longer there, by what the feed "
        "replaces). Cells of a restated row: changed, filled (unknown before) or emptied.",
        isin=CHANGES,
    )
    rows: pl.Int64 = column("Rows it is true of.", unit="rows", ge=0)
    largest: float = column(
        "Largest change of a number, without its sign, in the column's unit; null for other "
        "columns, and for counts of people unless the region's inputs are public.",
        unit="1",
        nullable=True,
        ge=0,
    )
    first_date: pl.Date = column("First date among the rows; null if undated.", nullable=True)
    last_date: pl.Date = column("Last date among the rows; null if undated.", nullable=True)

    class Config:
        name = "restatement"
        unique = ["delivery_id", "table_name", "column_name", "change"]
        metadata = {"layer": "ops", "source": "every loaded delivery, by extract time"}


class Decision(Table):
    """What a person decided about a held delivery, once a night has applied it."""

    delivery_id: str = column("The delivery.")
    decision: str = column("release: load it; refuse: reject it.", isin=["release", "refuse"])
    why: str = column("The reason given; null if none.", nullable=True)
    decided_by: str = column("The account that decided.")
    decided_at: Instant = column("When, UTC.")  # type: ignore[valid-type]
    night: pl.Date = column("The night that applied it.")
    verdict: str = column("The verdict it led to.", isin=VERDICTS)

    class Config:
        name = "decision"
        unique = ["delivery_id"]
        metadata = {"layer": "ops", "source": "the files in the home's folder decisions"}


class Quality(Table):
    """A finding of a quality rule: something true of the data that someone should look at."""

    run_key: str = column("Region and night.")
    rule: str = column("The rule; docs/deliveries.md lists them.")
    subject_kind: str = column(
        "What it is about.",
        isin=["institution", "zone", "feed", "delivery", "resource", "class"],
    )
    subject: str = column("Its code.")
    severity: str = column("warn, or severe: an alert is raised.", isin=["warn", "severe"])
    owner: str = column("Who should look: sender, clerk or analyst.")
    measured: float = column("What was seen.", unit="1", nullable=True)
    threshold: float = column("What was expected.", unit="1", nullable=True)
    words: str = column("The rule in plain words.")

    class Config:
        name = "quality"
        unique = ["run_key", "rule", "subject_kind", "subject"]
        metadata = {"layer": "ops", "source": "the rules of transforms/quality"}


class QualityScore(Table):
    """How good what an institution or a feed sent was, as of one night."""

    run_key: str = column("Region and night.")
    night: pl.Date = column("The night.")
    subject_kind: str = column("What is scored.", isin=["institution", "feed"])
    subject: str = column("Its code.")
    score: float = column(
        "100 less what is missing or at fault and less 10 for a warning, 25 for a severe finding.",
        unit="points",
        ge=0,
        le=100,
    )
    good_share: float = column(
        "Share of a feed's rows that were loaded without a fault, or of an institution's newest "
        "capacity figures that are known.",
        unit="share",
        nullable=True,
        ge=0,
        le=1,
    )
    warnings: pl.Int64 = column("Findings that warn.", unit="1", ge=0)
    severe: pl.Int64 = column("Findings that are severe.", unit="1", ge=0)

    class Config:
        name = "quality_score"
        unique = ["run_key", "subject_kind", "subject"]
        metadata = {"layer": "ops", "source": "ops.quality, ops.reconciliation, clean.capacity"}


class Run(Table):
    """One step of a night."""

    run_key: str = column("Region and night.")
    attempt: pl.Int64 = column("1 for the first try of that night.", unit="1", ge=1)
    step: str = column("The step.")
    feed: str = column("The feed that it loads; null if none.", nullable=True)
    patient_data: bool = column("Are the rows that it makes people?")
    position: pl.Int64 = column("Its place in the order.", unit="1", ge=0)
    started_at: Instant = column("Start, UTC.")  # type: ignore[valid-type]
    seconds: float = column("Duration.", unit="seconds", ge=0)
    rows: pl.Int64 = column(
        "Rows it made; where they are people, rounded or withheld.",
        unit="rows",
        observed=True,
        ge=0,
    )
    outcome: str = column("completed or failed.", isin=["completed", "failed"])
    orchestrator: str = column("prefect or plain.", isin=["prefect", "plain"])
    code_version: str = column("Version of Catchment.")
    input_hash: str = column("Hash over the deliveries and the configuration it worked from.")

    class Config:
        name = "run"
        unique = ["run_key", "attempt", "step"]
        metadata = {"layer": "ops", "source": "the night"}


class Alert(Table):
    """A condition that someone should know."""

    run_key: str = column("Region and night.")
    step: str = column("The step that raised it.")
    rule: str = column("The rule that raised it.")
    subject: str = column("What it is about: a region, institution, feed, delivery or code.")
    measured: float = column("What was seen.", unit="1", nullable=True)
    threshold: float = column("What was expected.", unit="1", nullable=True)
    message: str = column("The condition, in words.")

    class Config:
        name = "alert"
        unique = ["run_key", "rule", "subject"]
        metadata = {"layer": "ops", "source": "the night"}


class Lineage(Table):
    """Where a table comes from: one of the things that the step that makes it reads."""

    made: str = column("The table, after its schema; history: all rows ever delivered.")
    made_by: str = column("The step that makes it.")
    read_from: str = column("A table, or in words what else the step reads.")

    class Config:
        name = "lineage"
        unique = ["made", "made_by", "read_from"]
        metadata = {"layer": "ops", "source": "the night's steps"}


class RegionInfo(Table):
    """A fact about the whole published file: region, currency, night, versions."""

    item: str = column("Which fact.")
    value: str = column("Its value.")

    class Config:
        name = "about"
        unique = ["item"]
        metadata = {"layer": "ops", "source": "the region's configuration"}


TABLES: tuple[type[Table], ...] = (
    Delivery,
    DeliveryEvent,
    Quarantine,
    Reconciliation,
    Restatement,
    Decision,
    Quality,
    QualityScore,
    Run,
    Alert,
    Lineage,
    RegionInfo,
)
