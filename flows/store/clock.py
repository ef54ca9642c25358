"""The clock, asked in one place."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, UTC, as tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None)
