"""What a run believes about money: periods, costs, payers, funds, loans."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Purpose = Literal["operating", "capital", "purchases"]
Share = Annotated[float, Field(ge=0, le=1)]
Measure = Literal["uncompensated_care", "operating_cost", "depreciation", "subsidies"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Weight = Annotated[float, Field(gt=0)]
PER_ADMISSION = "/weighted admission"


class _Assumptions(BaseModel):
    """Frozen; a key that is not declared and a number that is not finite are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PayerAssumptions(_Assumptions):
    """The most a payer pays in a period; one of the two, or neither for no ceiling."""

    ceiling: float | None = Field(
        None, ge=0, description="most it pays to all institutions in a period [currency]"
    )
    ceiling_share: Share | None = Field(
        None, description="most it pays, as share of what it is asked for in the period [share]"
    )
    arrears_days: float = Field(
        0, ge=0, description="days of claims that it owes before the first period [days]"
    )
    tariff_beyond: Share = Field(
        1, description="part of its tariff that it pays for activity beyond the usual [share]"
    )
    base_rate: float | None = Field(
        None,
        gt=0,
        description="what it pays for an admission of weight 1; unset: claims follow reported "
        "revenue [currency/weighted admission]",
    )
    unit: str | None = Field(
        None, description="unit of base_rate, for example EUR/weighted admission [text]"
    )
    currency: Currency | None = Field(
        None, description="currency of its amounts; unset: the region's [ISO 4217]"
    )
    source: str = Field("", description="where the numbers come from, with a date [text]")

    @model_validator(mode="after")
    def one_ceiling(self) -> Self:
        """A ceiling is an amount or a share, not both."""
        if self.ceiling is not None and self.ceiling_share is not None:
            raise ValueError("set ceiling or ceiling_share, not both")
        return self

    @model_validator(mode="after")
    def tariff_has_a_unit(self) -> Self:
        """A base rate says of what it is the price, and in which currency."""
        if (self.base_rate is None) != (self.unit is None):
            raise ValueError(
                "a tariff without unit: set base_rate with unit, "
                f"for example EUR{PER_ADMISSION}, or neither"
            )
        return self


class FundAssumptions(_Assumptions):
    """Public money, whom it may support, and how much of it there is."""

    fund_id: str = Field(min_length=1, description="code; per_region adds ':region' [text]")
    name: str = Field("", description="what people call it [text]")
    purpose: Purpose = Field(
        "operating", description="operating, capital, or purchases for these alone [text]"
    )
    budget: float | None = Field(None, ge=0, description="new money in a period [currency]")
    budget_measure: Measure | None = Field(
        None, description="measure whose yearly amounts make the budget [text]"
    )
    budget_share: Share | None = Field(
        None, description="share of that measure that the fund pays [share]"
    )
    per_region: bool = Field(False, description="one such fund in each region? [true/false]")
    regions: tuple[str, ...] = Field((), description="regions it may support; empty: all [text]")
    tiers: tuple[str, ...] = Field((), description="tiers it may support; empty: all [text]")
    ownerships: tuple[str, ...] = Field((), description="owners it may support; empty: all [text]")
    max_share: float = Field(1, gt=0, le=1, description="largest share for one institution [share]")
    carry_over: bool = Field(False, description="does unused money stay? [true/false]")
    cost: float | None = Field(
        None, ge=0, description="cost of a unit of public money; at least what deposits earn [1]"
    )
    currency: Currency | None = Field(
        None, description="currency of its amounts; unset: the region's [ISO 4217]"
    )
    source: str = Field("", description="where the numbers come from, with a date [text]")

    @model_validator(mode="after")
    def has_a_budget(self) -> Self:
        """A fund has an amount, or a measure and a share of it."""
        measured = self.budget_measure is not None and self.budget_share is not None
        if (self.budget is not None) == measured or (
            (self.budget_measure is None) != (self.budget_share is None)
        ):
            raise ValueError(
                f"fund {self.fund_id} without one clear budget: set budget, or both "
                "budget_measure and budget_share"
            )
        return self


class LoanAssumptions(_Assumptions):
    """A loan product: its price, its life, its ceilings."""

    loan_id: str = Field(min_length=1, description="code [text]")
    name: str = Field("", description="what people call it [text]")
    purpose: Purpose = Field(
        "operating", description="operating, capital, or purchases for these alone [text]"
    )
    repayment: Literal["bullet", "level_principal", "annuity"] = Field(
        "bullet", description="how it is repaid [text]"
    )
    rate: float = Field(gt=0, le=1, description="interest per period, above deposit_rate [share]")
    term: int = Field(ge=1, le=400, description="periods from draw to last repayment [periods]")
    limit: float = Field(ge=0, description="most that all together may owe [currency]")
    income_multiple: float | None = Field(
        None, ge=0, description="most one may owe, in incomes of a mean period; unset: any [1]"
    )
    draw_first: int = Field(1, ge=1, description="first period in which it may be drawn [1]")
    draw_last: int | None = Field(
        None, ge=1, description="last period in which it may be drawn; unset: the plan's last [1]"
    )
    currency: Currency | None = Field(
        None, description="currency of its amounts; unset: the region's [ISO 4217]"
    )
    source: str = Field("", description="where the numbers come from, with a date [text]")


class PurchaseAssumptions(_Assumptions):
    """Units of a resource that an institution asks for, all or none."""

    purchase_id: str = Field(min_length=1, description="code [text]")
    institution_id: str = Field(min_length=1, description="who asks [text]")
    resource_id: str = Field(min_length=1, description="what for [text]")
    units: float = Field(gt=0, description="how many [units]")
    unit_price: float = Field(gt=0, description="price of one [currency]")
    running_cost: float = Field(0, ge=0, description="cost of running one for a period [currency]")
    earliest_period: int = Field(1, ge=1, description="first period to buy it in [1]")
    currency: Currency | None = Field(
        None, description="currency of its amounts; unset: the region's [ISO 4217]"
    )
    source: str = Field("", description="where the numbers come from, with a date [text]")


class FinancingAssumptions(_Assumptions):
    """The table ``[financing]`` of a region's file."""

    periods: int = Field(4, ge=1, le=60, description="periods planned [periods]")
    period_months: Literal[1, 3, 6, 12] = Field(3, description="months in a period [1]")
    deposit_rate: Share = Field(0, description="interest that cash earns per period [share]")
    days_required: float = Field(
        0, ge=0, description="days of operating cost to keep at hand [days]"
    )
    fixed_cost_share: Share | Literal["estimated"] = Field(
        1,
        description="share of operating cost that does not follow activity; estimated: from the "
        "region's own reports [share]",
    )
    largest_activity_ratio: float = Field(
        1.5,
        ge=1,
        description="activity of all periods is planned at most this multiple of usual, and at "
        "least its inverse: a few days of the plan do not make a year [1]",
    )
    least_report_days: int = Field(
        28, ge=1, description="shortest period that is annualised [days]"
    )
    oldest_report_days: int = Field(
        731,
        ge=0,
        description="an institution whose newest report ends longer than this before the region's "
        "newest is taken as closed [days]",
    )
    largest_overdraft_days: float = Field(
        90,
        ge=0,
        description="a larger overdraft is a group's account with itself, and taken as 0; days of "
        "operating cost [days]",
    )
    debt_service_share: float = Field(
        0, ge=0, description="service of long-term debt by its amount and year [share]"
    )
    capital_need_share: float = Field(
        0, ge=0, description="capital need by depreciation, where none is reported [share]"
    )
    least_cover: float = Field(0, ge=0, description="least debt service cover; 0: none [1]")
    largest_cut: Share = Field(
        1, description="largest share of last year's support that may be cut [share]"
    )
    equity_band: Share = Field(
        1, description="tolerated shortfall of a region's share of pooled money [share]"
    )
    time_limit_s: float = Field(300, gt=0, description="longest solve, by the wall clock [seconds]")
    payers: dict[str, PayerAssumptions] = Field(
        default_factory=dict, description="by payer_id; a payer not named has no ceiling [table]"
    )
    weights: dict[str, Weight] = Field(
        default_factory=dict,
        description="by class_id: what an admission weighs in a tariff [weighted admissions]",
    )
    funds: tuple[FundAssumptions, ...] = Field((), description="public money [table]")
    loans: tuple[LoanAssumptions, ...] = Field((), description="loan products [table]")
    purchases: tuple[PurchaseAssumptions, ...] = Field(
        (), description="what institutions ask for, paid by funds and loans for purchases [table]"
    )
    source: str = Field("", description="where the numbers come from, with a date [text]")

    @property
    def base_rates(self) -> dict[str, float]:
        """What an admission of weight 1 pays, by payer; payers without a tariff are absent."""
        return {y: a.base_rate for y, a in self.payers.items() if a.base_rate is not None}

    @model_validator(mode="after")
    def tariffs_have_weights(self) -> Self:
        """A base rate is worth nothing without the weights of the classes."""
        if self.base_rates and not self.weights:
            raise ValueError("weights: base_rate needs a weight of each class above 0")
        return self

    @model_validator(mode="after")
    def ids_are_unique(self) -> Self:
        """No two funds, loans or purchases share a code."""
        for key, ids in (
            ("funds", [f.fund_id for f in self.funds]),
            ("loans", [x.loan_id for x in self.loans]),
            ("purchases", [x.purchase_id for x in self.purchases]),
        ):
            if len(set(ids)) != len(ids):
                raise ValueError(f"{key}: a code appears twice; give each its own")
        return self

    @model_validator(mode="after")
    def loans_cost_more_than_deposits_earn(self) -> Self:
        """A loan no dearer than deposits would be drawn to be banked."""
        for at, loan in enumerate(self.loans):
            if loan.rate <= self.deposit_rate:
                raise ValueError(
                    f"loans.{at}.rate of {loan.loan_id} must be above deposit_rate: "
                    "else money is borrowed to be banked"
                )
        return self

    @model_validator(mode="after")
    def loans_can_be_drawn(self) -> Self:
        """A loan's draw periods lie in the plan and in order."""
        for at, loan in enumerate(self.loans):
            last = self.periods if loan.draw_last is None else loan.draw_last
            if not loan.draw_first <= last <= self.periods:
                raise ValueError(
                    f"loans.{at}: draw_first ≤ draw_last ≤ periods must hold for {loan.loan_id}"
                )
        return self

    @model_validator(mode="after")
    def purchases_can_be_made(self) -> Self:
        """A purchase lies in the plan."""
        for at, asked in enumerate(self.purchases):
            if asked.earliest_period > self.periods:
                raise ValueError(f"purchases.{at}.earliest_period must be at most periods")
        return self

    @model_validator(mode="after")
    def public_money_is_not_free(self) -> Self:
        """A fund's cost covers what its money would earn on deposit over the plan."""
        least = (1 + self.deposit_rate) ** self.periods - 1
        for at, fund in enumerate(self.funds):
            if fund.cost is not None and fund.cost < least:
                raise ValueError(
                    f"funds.{at}.cost of {fund.fund_id} must be at least "
                    "(1 + deposit_rate) ** periods - 1, what the money earns on deposit"
                )
        return self
