"""Keyed pseudonyms: the same person, the same name, and no way back without the key."""

import hmac
from collections.abc import Iterable

import polars as pl

from flows.protect.keys import Key
from schemas.table import Table, identifiers

DIGITS = 32


def pseudonym(key: Key, kind: str, value: str) -> str:
    """``<key id>:<first 32 hex digits of HMAC-SHA-256>`` of an identifier of a kind."""
    return _of(key.derive("pseudonym"), key.key_id, kind, value)


def pseudonyms(key: Key, kind: str, values: Iterable[str]) -> dict[str, str]:
    """The pseudonym of each identifier of a kind."""
    secret = key.derive("pseudonym")
    return {value: _of(secret, key.key_id, kind, value) for value in values}


def pseudonymise(table: type[Table], frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Replace every identifier of ``table`` by its pseudonym; nulls stay null."""
    secret = key.derive("pseudonym")
    return frame.with_columns(
        _replaced(frame[column], secret, key.key_id, column) for column in identifiers(table)
    )


def _replaced(values: pl.Series, secret: bytes, key_id: str, kind: str) -> pl.Series:
    known = values.drop_nulls().unique().sort()
    names = [_of(secret, key_id, kind, value) for value in known.to_list()]
    return values.replace_strict(known, pl.Series(names, dtype=pl.String), default=None)


def _of(secret: bytes, key_id: str, kind: str, value: str) -> str:
    digest = hmac.digest(secret, f"{kind}\0{value}".encode(), "sha256").hex()
    return f"{key_id}:{digest[:DIGITS]}"
