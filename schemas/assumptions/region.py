"""A region's file: what it is, which feeds it reads, and what a night there believes."""

from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from schemas.assumptions.allocation import AllocationAssumptions, Scenarios
from schemas.assumptions.financing import (
    PER_ADMISSION,
    FinancingAssumptions,
    FundAssumptions,
    LoanAssumptions,
    PayerAssumptions,
    PurchaseAssumptions,
)
from schemas.assumptions.planning import PlanningAssumptions
from schemas.errors import ConfigRefused

_Money = PayerAssumptions | FundAssumptions | LoanAssumptions | PurchaseAssumptions
Category = Literal["personnel", "equipment", "environment", "finance", "technology"]


class _Part(BaseModel):
    """Frozen; a key that is not declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ResourceDefinition(_Part):
    """``[[resources]]``: a kind of thing that care needs."""

    resource_id: str = Field(min_length=1, description="resource code [text]")
    name: str = Field(description="name [text]")
    category: Category = Field(description="what kind of thing it is [text]")
    unit: str = Field(description="what one of it is [text]")
    movable: bool = Field(False, description="can a unit go elsewhere? [true/false]")


class CareClassDefinition(_Part):
    """``[[classes]]``: a kind of patient need."""

    class_id: str = Field(min_length=1, description="class code [text]")
    name: str = Field(description="name [text]")
    harm_weight: float = Field(gt=0, description="harm of care not given [points/patient-day]")
    mean_stay_days: float | None = Field(
        None, gt=0, description="mean length of stay; absent: from the region's activity [days]"
    )
    uses: dict[str, float] = Field(description="what one patient in bed uses [units/patient]")


class Region(_Part):
    """One planning region, whole."""

    region: str = Field(pattern=r"^[a-z0-9_-]{1,32}$", description="code of the region [text]")
    name: str = Field(description="name [text]")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="currency of all amounts [ISO 4217]")
    timezone: str = Field(description="where the nights are [IANA name]")
    synthetic: bool = Field(False, description="is the data made up? [true/false]")
    disclosure: Literal["protect", "public"] = Field(
        "protect",
        description="protect: counts of 1 to 10 people are withheld when published, others rounded"
        " to 5; public: the inputs are public already [text]",
    )
    night: date | None = Field(None, description="the night to plan; absent: today [date]")
    feeds: tuple[str, ...] = Field(
        min_length=1, description="feeds, the first to be believed first [file names without .toml]"
    )
    extracts: str | None = Field(
        None, description="folder of extracts, relative to this file; --extracts wins [path]"
    )
    resources: tuple[ResourceDefinition, ...] = Field(min_length=1, description="[table]")
    classes: tuple[CareClassDefinition, ...] = Field(min_length=1, description="[table]")
    planning: PlanningAssumptions = Field(description="supply and demand [table]")
    allocation: AllocationAssumptions = Field(description="who is treated where [table]")
    financing: FinancingAssumptions = Field(description="who pays [table]")

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is no IANA time zone, for example Europe/Vienna") from None
        return value

    @model_validator(mode="after")
    def _names_agree(self) -> "Region":
        resources = {r.resource_id for r in self.resources}
        classes = {c.class_id for c in self.classes}
        for c in self.classes:
            _known(f"classes.{c.class_id}.uses", c.uses, resources)
        _known("allocation.classes", self.allocation.classes, classes)
        _known("allocation.resources", self.allocation.resources, resources)
        _present("allocation.classes", classes - set(self.allocation.classes))
        used = {r for c in self.classes for r in c.uses}
        _present("allocation.resources", used - set(self.allocation.resources))
        for k, asked in enumerate(self.financing.purchases):
            _known(f"financing.purchases.{k}.resource_id", (asked.resource_id,), resources)
        if self.financing.weights:
            _known("financing.weights", self.financing.weights, classes)
            _present("financing.weights", classes - set(self.financing.weights))
        return self

    @model_validator(mode="after")
    def _paths_are_of_a_forecast(self) -> "Region":
        scenarios = isinstance(self.allocation.demand, Scenarios)
        if scenarios and self.planning.expect != "forecast":
            raise ValueError(
                "allocation.demand.scenarios are drawn from the forecast: they need planning.expect"
                ' = "forecast"'
            )
        return self

    @model_validator(mode="after")
    def _one_currency(self) -> "Region":
        money = self.financing
        parts: dict[str, _Money] = {
            **{f"payers.{y}": payer for y, payer in money.payers.items()},
            **{f"funds.{k}": fund for k, fund in enumerate(money.funds)},
            **{f"loans.{k}": loan for k, loan in enumerate(money.loans)},
            **{f"purchases.{k}": asked for k, asked in enumerate(money.purchases)},
        }
        for key, part in parts.items():
            if part.currency not in (None, self.currency):
                raise ValueError(
                    f"financing.{key}.currency must be {self.currency}, the region's: "
                    "currencies are not mixed"
                )
        wanted = f"{self.currency}{PER_ADMISSION}"
        for y, payer in money.payers.items():
            if payer.unit not in (None, wanted):
                raise ValueError(f"financing.payers.{y}.unit must be {wanted}")
        return self


def _known(where: str, named: Any, allowed: set[str]) -> None:
    unknown = sorted(set(named) - allowed)
    if unknown:
        raise ValueError(f"{where} names {', '.join(unknown)}; known: {', '.join(sorted(allowed))}")


def _present(where: str, missing: set[str]) -> None:
    if missing:
        raise ValueError(f"{where} lacks {', '.join(sorted(missing))}")


def parse_region(where: str, content: dict[str, Any]) -> Region:
    """Read a region file's content.

    Raises:
        ConfigRefused: naming each key at fault and what is allowed.
    """
    try:
        return Region.model_validate(content)
    except ValidationError as err:
        faults = [
            f"{'.'.join(str(p) for p in e['loc']) or 'the file'}: {e['msg']}" for e in err.errors()
        ]
    raise ConfigRefused(f"{where}: " + "; ".join(faults))
