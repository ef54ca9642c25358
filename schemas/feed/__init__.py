"""A feed: what one kind of extract looks like, and which canonical rows it holds."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import polars as pl
from pydantic import Field, field_validator, model_validator

from schemas.clean import ENTITIES, FEED_TABLES
from schemas.feed.expression import check_expression, check_value, columns_of, limits
from schemas.feed.file import File, Part
from schemas.feed.source import GIVEN, Marker, Source, fits, is_plain
from schemas.table import key, polars_schema

__all__ = [
    "Feed",
    "FeedTable",
    "File",
    "Implausible",
    "Institutions",
    "Marker",
    "Source",
    "Unpivot",
]
How = Literal["sum", "mean", "min", "max", "first", "last"]


class Unpivot(Part):
    """Columns that become rows."""

    columns: list[str] = Field(min_length=1, description="Columns, or patterns for them.")
    name: str = Field("column_name", description="New column: which column it was.")
    value: str = Field("value", description="New column: what stood in it.")


class Institutions(Part):
    """Which column says whose row it is, and what becomes of unknown institutions."""

    column: str
    unknown: Literal["create", "exclude", "quarantine"] = "quarantine"


class Implausible(Part):
    """A test across columns: where it is true, some cells are not believed."""

    rule: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Its name, as quarantine shows it.")
    columns: list[str] = Field(min_length=1, description="Cells to null.")
    where: str = Field(description="Expression; null means not at fault.")


class FeedTable(Part):
    """One canonical table that the feed fills."""

    name: str = Field(description="A table of schemas.clean.FEED_TABLES.")
    columns: dict[str, str] = Field(default={}, description="Column = expression.")
    where: str | None = Field(None, description="Rows of the feed that become rows of the table.")
    each: list[dict[str, str]] = Field(
        default=[], description="One row of the table for each; column = expression or a word."
    )
    unpivot: Unpivot | None = None
    group: dict[str, How] | None = Field(
        None, description="Rows of one key become one: column = how its values are joined."
    )

    @model_validator(mode="after")
    def _table_exists(self) -> "FeedTable":
        if self.name not in FEED_TABLES:
            raise ValueError(f"no table {self.name!r}; a feed fills {', '.join(FEED_TABLES)}")
        return self

    @model_validator(mode="after")
    def _columns_exist(self) -> "FeedTable":
        known = polars_schema(FEED_TABLES[self.name])
        given = [set(self.columns) | set(each) for each in self.each or [{}]]
        unknown = sorted(set().union(*given) - set(known))
        if unknown:
            raise ValueError(f"{self.name} has no column {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _required_columns_are_given(self) -> "FeedTable":
        asked = limits(FEED_TABLES[self.name])
        required = [c for c, limit in asked.items() if not limit.nullable]
        if self.name in ENTITIES:
            required = key(FEED_TABLES[self.name])
        lacking = [c for c in required if any(c not in self.columns | e for e in self.each or [{}])]
        if lacking:
            raise ValueError(f"{self.name} needs {', '.join(lacking)}")
        return self

    @model_validator(mode="after")
    def _group_joins_every_column(self) -> "FeedTable":
        if self.group is None:
            return self
        given = set(self.columns).union(*self.each) - set(key(FEED_TABLES[self.name]))
        if given != set(self.group):
            wrong = ", ".join(sorted(given ^ set(self.group)))
            raise ValueError(f"group must say how each column beside the key is joined: {wrong}")
        return self


class Feed(Part):
    """The contract of one kind of extract, as its TOML says it."""

    feed: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Its name.")
    publisher: str = Field(description="Who sends it, and on what terms.")
    patient_data: bool = Field(description="Does a row describe a patient?")
    keep_days: int | None = Field(
        None, gt=0, description="Days after which its landed files and rows are forgotten."
    )
    file: File
    null: dict[str, Marker] = Field(default={}, description="Marker = what it means.")
    source: Source
    derive: dict[str, str] = Field(default={}, description="New column = expression, in order.")
    where: str | None = Field(None, description="Rows to take; the rest are excluded.")
    implausible: list[Implausible] = Field(
        default=[], description="Tests across columns, after derive and before the rule."
    )
    rule: str | None = Field(None, description="Named rule that joins rows (transforms.feed).")
    institution: Institutions | None = None
    surge_factor: float = Field(
        1.2, ge=1, description="In use above this times in service is implausible."
    )
    table: list[FeedTable] = Field(min_length=1)

    @field_validator("null", mode="before")
    @classmethod
    def _markers(cls, markers: Any) -> Any:
        if not isinstance(markers, dict):
            return markers
        return {m: {"reason": r} if isinstance(r, str) else r for m, r in markers.items()}

    @model_validator(mode="after")
    def _expressions_name_known_columns(self) -> "Feed":
        known = [*GIVEN, *self.derive]
        for where, expression, own in self._expressions():
            named = columns_of(expression)
            _refuse_unknown(where, [c for c in named if not self._knows(c, [*known, *own])])
        return self

    @model_validator(mode="after")
    def _settings_name_known_columns(self) -> "Feed":
        own = [*GIVEN, *self.derive]
        named = {"source.key": list(self.source.key)}
        for part in ("pad", "range", "unit"):
            named[f"source.{part}"] = [c for c in getattr(self.source, part) if is_plain(c)]
        for test in self.implausible:
            named[f"implausible.{test.rule}"] = test.columns
            in_key = [c for c in test.columns if c in self.source.key]
            if in_key:
                raise ValueError(f"implausible.{test.rule}: {', '.join(in_key)} is in the key")
        if self.institution:
            named["institution.column"] = [self.institution.column]
        for where, columns in named.items():
            _refuse_unknown(where, [c for c in columns if not self._knows(c, own)])
        taken = [c for c in self.derive if c in GIVEN or self.source.kind(c) is not None]
        if taken:
            raise ValueError(f"derive: {', '.join(taken)} is already a column")
        return self

    @model_validator(mode="after")
    def _patterns_mean_columns(self) -> "Feed":
        source = self.source
        named = {f"null.{m}.columns": marker.columns for m, marker in self.null.items()}
        named |= {f"source.{part}": list(getattr(source, part)) for part in ("pad", "range")}
        named["source.optional"] = source.optional
        for where, patterns in named.items():
            _refuse_unknown(where, [p for p in patterns if not source.may_hold(p)])
        for table in self.table:
            columns = table.unpivot.columns if table.unpivot else []
            unknown = [p for p in columns if not source.may_hold(p)]
            unknown = [p for p in unknown if not any(fits([p], d) for d in self.derive)]
            _refuse_unknown(f"table {table.name}: unpivot.columns", unknown)
        for part, kind in (("pad", "text"), ("range", "number")):
            wrong = [c for c in getattr(source, part) if source.kind(c) not in (kind, None)]
            if wrong:
                raise ValueError(f"source.{part}: {', '.join(wrong)} is not a {kind} column")
        return self

    @model_validator(mode="after")
    def _constants_are_allowed(self) -> "Feed":
        for table in self.table:
            for column, expression in table.columns.items():
                check_expression(table.name, column, expression)
            for each in table.each:
                for column, expression in each.items():
                    word = self.is_word(table, column, expression)
                    (check_value if word else check_expression)(table.name, column, expression)
        return self

    @model_validator(mode="after")
    def _text_columns_take_text(self) -> "Feed":
        for table in self.table:
            types = polars_schema(FEED_TABLES[table.name])
            given = [*table.columns.items(), *(i for each in table.each for i in each.items())]
            for column, expression in given:
                kind = self.source.kind(expression) if expression not in self.derive else None
                if types[column] == pl.String and kind not in (None, "text"):
                    raise ValueError(
                        f"table {table.name}: {column} is text and {expression} a {kind} column;"
                        f" quote a word ('{expression}'), or try_cast({expression} as varchar)"
                    )
        return self

    def _knows(self, column: str, own: list[str]) -> bool:
        return column in own or self.source.kind(column) is not None

    def _expressions(self) -> Iterator[tuple[str, str, list[str]]]:
        for name, expression in self.derive.items():
            yield f"derive.{name}", expression, []
        if self.where:
            yield "where", self.where, []
        for test in self.implausible:
            yield f"implausible.{test.rule}", test.where, []
        for table in self.table:
            own = [table.unpivot.name, table.unpivot.value] if table.unpivot else []
            if table.where:
                yield f"table {table.name}: where", table.where, own
            for column, expression in table.columns.items():
                yield f"table {table.name}: {column}", expression, own
            for each in table.each:
                for column, expression in each.items():
                    if not self.is_word(table, column, expression):
                        yield f"table {table.name}: each: {column}", expression, own

    def expressions_of(self, table: FeedTable) -> list[str]:
        """Every expression of one of its tables, each once."""
        said = list(table.columns.values())
        for each in table.each:
            said += [e for c, e in each.items() if not self.is_word(table, c, e)]
        return list(dict.fromkeys([*said, *([table.where] if table.where else [])]))

    def is_word(self, table: FeedTable, column: str, expression: str) -> bool:
        """In ``each``: is it a word to be written as it is, not an expression?

        A text column that is given a bare word which names no column of the feed takes the word.
        """
        text = polars_schema(FEED_TABLES[table.name])[column] == pl.String
        bare = is_plain(expression) and " " not in expression
        unpivoted = [table.unpivot.name, table.unpivot.value] if table.unpivot else []
        own = [*GIVEN, *self.derive, *unpivoted]
        return text and bare and not self._knows(expression, own)

    def matches(self, file_name: str) -> bool:
        """Is this the name of one of the feed's files?"""
        return self.file.matches(file_name)

    def extract_time(self, file_name: str) -> datetime | None:
        """When the file was drawn, UTC without a zone; null if its name cannot be read."""
        return self.file.drawn_at(file_name)

    def tables(self) -> list[str]:
        """Names of the canonical tables that it fills, once each."""
        return list(dict.fromkeys(t.name for t in self.table))

    def key_of(self, table: str) -> list[str]:
        """The key of one of the canonical tables that it fills."""
        return key(FEED_TABLES[table])

    def markers_for(self, column: str) -> dict[str, Marker]:
        """The markers that may stand in a column."""
        return {m: meaning for m, meaning in self.null.items() if fits(meaning.columns, column)}


def _refuse_unknown(where: str, columns: list[str]) -> None:
    if columns:
        raise ValueError(f"{where}: no column {', '.join(columns)} in the feed")
