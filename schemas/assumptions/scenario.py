"""A what-if: what is changed in last night's tables before they are solved again."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.assumptions.allocation import AllocationAssumptions, Budget, Levels
from schemas.errors import ConfigRefused


class _Part(BaseModel):
    """Frozen; a key that is not declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DemandFactor(_Part):
    """``[[demand_factor]]``: demand of a class, zone or region (absent: all) times ``factor``."""

    factor: float = Field(ge=0, le=100, description="times the expected demand [1]")
    class_id: str | None = Field(None, description="care class; absent: all [class_id]")
    zone_id: str | None = Field(None, description="zone; absent: all [zone_id]")
    region_id: str | None = Field(None, description="region; absent: all [region_id]")


class Closed(_Part):
    """``[[closed]]``: units of an institution out of service; all of them, it admits nobody new."""

    institution_id: str = Field(description="institution [institution_id]")
    resource_id: str | None = Field(None, description="resource; absent: all [resource_id]")
    share: float = Field(1, gt=0, le=1, description="part of its units, surge included [share]")


class StaffLost(_Part):
    """``[[staff_lost]]``: part of a resource missing everywhere, or in a region or institution."""

    resource_id: str = Field(description="resource, for example nurse [resource_id]")
    share: float = Field(gt=0, le=1, description="part of the units in service [share]")
    region_id: str | None = Field(None, description="region; absent: all [region_id]")
    institution_id: str | None = Field(None, description="institution; absent: all [text]")


class Scenario(_Part):
    """One what-if, whole; a key left out leaves last night's belief."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,48}$", description="names its results [text]")
    description: str = Field("", description="what is asked, in words [text]")
    demand_factor: tuple[DemandFactor, ...] = Field((), description="demand changed [table]")
    closed: tuple[Closed, ...] = Field((), description="capacity closed [table]")
    staff_lost: tuple[StaffLost, ...] = Field((), description="capacity lost [table]")
    surge_share: dict[str, float] = Field(
        {}, description="surge units by unit in service, by resource_id [share]"
    )
    surge_budget: float | None = Field(
        None,
        ge=0,
        description="surge limits are cut alike until opening all of them costs this [currency]",
    )
    elsewhere_limit: dict[str, float] = Field(
        {}, description="largest share of a zone's patients sent elsewhere, by class_id [share]"
    )
    demand: Literal["mean", "upper"] | Budget | Levels | None = Field(
        None,
        description="demand to plan for: mean, upper, {budget = days} or {levels = number} [1]",
    )
    fairness: Literal["none", "worst_share", "graduated"] | None = Field(
        None, description="how tier 2 treats the worst off [1]"
    )
    no_worse: bool | None = Field(
        None, description="no institution is made more crowded than as usual [true/false]"
    )

    @model_validator(mode="after")
    def _in_range(self) -> "Scenario":
        for resource, share in self.surge_share.items():
            if not 0 <= share <= 10:
                raise ValueError(f"surge_share.{resource} must lie between 0 and 10")
        for care, share in self.elsewhere_limit.items():
            if not 0 <= share <= 1:
                raise ValueError(f"elsewhere_limit.{care} must lie between 0 and 1")
        return self

    def believed(self, night: AllocationAssumptions) -> AllocationAssumptions:
        """The night's assumptions with the settings that this scenario changes."""
        given = {key: getattr(self, key) for key in ("demand", "fairness", "no_worse")}
        changed = {key: value for key, value in given.items() if value is not None}
        return night.model_copy(update={**changed, "compare_settings": False})


def parse_scenario(where: str, content: dict[str, Any]) -> Scenario:
    """Read a scenario file's content.

    Raises:
        ConfigRefused: naming each key at fault and what is allowed.
    """
    try:
        return Scenario.model_validate(content)
    except ValidationError as err:
        faults = [
            f"{'.'.join(str(p) for p in e['loc']) or 'the file'}: {e['msg']}" for e in err.errors()
        ]
    raise ConfigRefused(f"{where}: " + "; ".join(faults))
