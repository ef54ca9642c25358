"""What to say of an unexpected error: never its text, because texts of libraries carry rows."""

import traceback
from pathlib import Path

FULL = "no space left on device"
SHUT = ("permission denied", "read-only file system", "operation not permitted")
MEMORY = ("MemoryError", "OutOfMemoryException")
DAMAGED = ("checksum", "corrupt")


def unforeseen(error: Exception) -> str:
    """Its kind, what the system said of it, and where it happened; never a value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = ", ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames[-4:])
    return f"unforeseen {type(error).__name__}{_system(error)} at {place}"


def _system(error: Exception) -> str:
    if type(error).__name__ in MEMORY:
        return " (out of memory: give the night more, or lower CATCHMENT_DUCKDB_MEMORY)"
    if FULL in str(error).lower():
        return f" ({FULL}: make room and run again)"
    if any(word in str(error).lower() for word in SHUT):
        return " (permission denied: let the account that runs the night write all of the home)"
    if any(word in str(error).lower() for word in DAMAGED):
        return " (a file of DuckDB is damaged: if it is the warehouse, run `catchment rebuild`)"
    if isinstance(error, OSError) and error.strerror:
        return f" ({error.strerror})"
    return ""
