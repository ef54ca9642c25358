"""Indexing a frame without losing rows."""

from collections.abc import Hashable, Sequence
from typing import Any

import polars as pl

from schemas.errors import InputRefused


def by_key(frame: pl.DataFrame, key: str | Sequence[str], value: str) -> dict[Any, Any]:
    """Map ``key`` (a column, or several as a tuple) to ``value``.

    Raises:
        InputRefused: if a key repeats, which would drop rows silently.
    """
    columns = [key] if isinstance(key, str) else list(key)
    values = frame[value].to_list()
    keys: list[Hashable] = (
        frame[columns[0]].to_list()
        if len(columns) == 1
        else list(zip(*(frame[c].to_list() for c in columns), strict=True))
    )
    pairs = dict(zip(keys, values, strict=True))
    if len(pairs) != frame.height:
        raise InputRefused(f"{', '.join(columns)} repeats: {frame.height} rows, {len(pairs)} keys")
    return pairs
