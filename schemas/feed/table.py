"""How rows of a feed become rows of canonical tables."""

from typing import Literal

from pydantic import Field, model_validator

from schemas.clean import ENTITIES, FEED_TABLES
from schemas.feed.expression import limits
from schemas.feed.file import Part
from schemas.table import key, polars_schema

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
