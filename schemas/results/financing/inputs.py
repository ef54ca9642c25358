"""What the financing model read: enough for anyone to compute the same optimum again."""

import polars as pl

from schemas.table import Table, column

SOURCE = "clean finance tables and the region's assumptions"
PURPOSES = ("operating", "capital")
PROJECTED = ("operating_cost", "net_patient_revenue")
REPAYMENTS = ("bullet", "level_principal", "annuity")
SETTINGS = (
    "deposit_rate",
    "gap_growth",
    "least_cover",
    "largest_cut",
    "equity_band",
    "money_unit",
)


class FinancingPeriod(Table):
    """A period of the plan: a quarter, a month."""

    period: int = column("Place in time, from 1.", "1", ge=1)
    period_start: pl.Date = column("First day.")
    period_end: pl.Date = column("Last day.")
    days: int = column("Days in it.", "days", ge=1)

    class Config:
        name = "financing_period"
        unique = ["period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingSetting(Table):
    """A number that holds for the whole plan."""

    setting: str = column(
        "deposit_rate: interest that cash earns per period. gap_growth: weight of a need one "
        "period earlier. least_cover: least debt service cover, 0 for none. largest_cut: largest "
        "share of last year's support that may be cut. equity_band: tolerated shortfall of a "
        "region's share. money_unit: currency units in the model's unit of money.",
        isin=SETTINGS,
    )
    setting_value: float = column("The number.", "1", ge=0)

    class Config:
        name = "financing_setting"
        unique = ["setting"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingOpening(Table):
    """An institution that is financed, and how it stands before the first period."""

    institution_id: str = column("Institution.")
    region_id: str = column("Region that it belongs to.")
    cash: float = column("Cash at hand; below 0 an overdraft.", "currency")
    cash_rule: str = column(
        "Rule that gave the cash: not_reported_is_0, implausible_overdraft_is_0; null if reported.",
        nullable=True,
    )
    days_required: float = column("Days of operating cost to keep at hand.", "days", ge=0)
    last_support: float = column(
        "Support in the last twelve months; null if unknown.", "currency", ge=0, nullable=True
    )

    class Config:
        name = "financing_opening"
        unique = ["institution_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingInstitution(Table):
    """What an institution must pay, and earns beside its claims, in a period."""

    institution_id: str = column("Institution.")
    period: int = column("Period.", "1", ge=1)
    operating_cost: float = column("Operating cost without depreciation.", "currency", ge=0)
    capital_need: float = column("Equipment and buildings to pay.", "currency", ge=0)
    other_income: float = column("Income beside payers' claims.", "currency")
    debt_service: float = column("Service of debt that already exists.", "currency", ge=0)

    class Config:
        name = "financing_institution"
        unique = ["institution_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingActivity(Table):
    """What the planned activity changes in an institution's money, against activity as usual."""

    institution_id: str = column("Institution.")
    activity_ratio: float = column("Planned use of its resources by usual use.", "1", ge=0)
    activity_ratio_rule: str = column(
        "Rule that changed the ratio: limited (see largest_activity_ratio); null if none.",
        nullable=True,
    )
    usual_cost: float = column("Operating cost of the plan's periods as usual.", "currency", ge=0)
    planned_cost: float = column("Operating cost as planned.", "currency", ge=0)
    usual_claims: float = column("Payers' claims as usual.", "currency", ge=0)
    planned_claims: float = column("Payers' claims as planned.", "currency", ge=0)
    net_change: float = column(
        "More claims less more cost: below 0, the institution helps at its own cost.", "currency"
    )

    class Config:
        name = "financing_activity"
        unique = ["institution_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingClaim(Table):
    """What a payer owes an institution for a period's activity."""

    payer_id: str = column("Payer.")
    institution_id: str = column("Institution.")
    period: int = column("Period.", "1", ge=1)
    claim: float = column("Amount owed.", "currency", ge=0)

    class Config:
        name = "financing_claim"
        unique = ["payer_id", "institution_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingTariff(Table):
    """A payer's claims by admissions and tariff, in place of the revenue that was reported."""

    institution_id: str = column("Institution.")
    payer_id: str = column("Payer.")
    weighted: float = column(
        "Admissions, each by its class's weight.", "weighted admissions/day", ge=0
    )
    base_rate: float = column("Tariff of weight 1.", "currency/weighted admission", gt=0)
    payer_share: float = column("The payer's part of them.", "share", ge=0, le=1)
    share_rule: str = column(
        "What gives the share: admissions whose payer is known, or reported revenue.",
        isin=("admissions", "revenue"),
    )
    revenue_per_day: float = column("Revenue from the payer as reported.", "currency/day", ge=0)
    claims_per_day: float = column("Claims as usual: the three multiplied.", "currency/day", ge=0)

    class Config:
        name = "financing_tariff"
        unique = ["institution_id", "payer_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingArrears(Table):
    """What a payer owed an institution before the first period; absent rows are 0."""

    payer_id: str = column("Payer.")
    institution_id: str = column("Institution.")
    arrears: float = column("Amount owed and not paid.", "currency", ge=0)

    class Config:
        name = "financing_arrears"
        unique = ["payer_id", "institution_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingPayer(Table):
    """The most a payer can pay in a period; a payer without a row has no ceiling."""

    payer_id: str = column("Payer.")
    period: int = column("Period.", "1", ge=1)
    ceiling: float = column("Most it can pay to all institutions.", "currency", ge=0)

    class Config:
        name = "financing_payer"
        unique = ["payer_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingFund(Table):
    """Public money for institutions: a subsidy, an equalisation pool, a capital grant."""

    fund_id: str = column("Fund.")
    name: str = column("What people call it.")
    purpose: str = column("operating or capital.", isin=PURPOSES)
    max_share: float = column("Largest share for one institution.", "share", gt=0, le=1)
    carry_over: bool = column("Does unused money stay for the next period?")
    cost_of_funds: float = column("Cost of public money by unit of it.", "1", ge=0)

    class Config:
        name = "financing_fund"
        unique = ["fund_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingBudget(Table):
    """New money of a fund in a period."""

    fund_id: str = column("Fund.")
    period: int = column("Period.", "1", ge=1)
    budget: float = column("New money.", "currency", ge=0)

    class Config:
        name = "financing_budget"
        unique = ["fund_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingEligible(Table):
    """A fund may support an institution."""

    fund_id: str = column("Fund.")
    institution_id: str = column("Institution.")

    class Config:
        name = "financing_eligible"
        unique = ["fund_id", "institution_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingLoan(Table):
    """A kind of loan that institutions may draw."""

    loan_id: str = column("Loan product.")
    name: str = column("What people call it.")
    purpose: str = column("operating or capital.", isin=PURPOSES)
    repayment: str = column(
        "bullet (all at maturity), level_principal or annuity; first due a period after the draw.",
        isin=REPAYMENTS,
    )
    rate: float = column("Interest per period.", "share", gt=0)
    term: int = column("Periods from draw to the last repayment.", "periods", ge=1)
    limit: float = column("Most that all institutions together may owe.", "currency", ge=0)
    income_multiple: float = column(
        "Most that one may owe, in multiples of its income of a mean period; null if unlimited.",
        "1",
        ge=0,
        nullable=True,
    )
    draw_first: int = column("First period in which it may be drawn.", "1", ge=1)
    draw_last: int = column("Last period in which it may be drawn.", "1", ge=1)

    class Config:
        name = "financing_loan"
        unique = ["loan_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingRegion(Table):
    """A region's fair share of money that several regions may draw on."""

    region_id: str = column("Region.")
    target_share: float = column(
        "Population times need weight, as share of all regions.", "share", ge=0, le=1
    )

    class Config:
        name = "financing_region"
        unique = ["region_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingProjection(Table):
    """An institution's newest year of a measure, and what the years before would have said."""

    institution_id: str = column("Institution.")
    measure: str = column("operating_cost or net_patient_revenue.", isin=PROJECTED)
    period_end: pl.Date = column("Last day of the newest report.")
    basis_end: pl.Date = column("Last day of the report a year before.")
    projected: float = column("A year's amount, projected from the basis.", "currency")
    reported: float = column("A year's amount, as reported.", "currency", gt=0)
    error: float = column("Projected less reported, by reported.", "share")

    class Config:
        name = "financing_projection"
        unique = ["institution_id", "measure"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingProjectionError(Table):
    """How far a measure's projections are off, over all institutions."""

    measure: str = column("operating_cost or net_patient_revenue.", isin=PROJECTED)
    method: str = column("How it is projected.")
    institutions: int = column("Institutions with two reports a year apart.", "1", ge=0)
    growth: float = column("Median growth in a year, from the reports before.", "share")
    median_error: float = column("Median of the error's size.", "share", ge=0)
    p90_error: float = column("90th percentile of the error's size.", "share", ge=0)

    class Config:
        name = "financing_projection_error"
        unique = ["measure"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingCostResponse(Table):
    """How operating cost follows activity, estimated from the region's own reports."""

    method: str = column("How it is estimated.")
    pairs: int = column("Pairs of reports a year apart.", "1", ge=0)
    variable_share: float = column("Change of cost by change of patient-days.", "share")
    low: float = column("Lower bound, 95 %.", "share")
    high: float = column("Upper bound, 95 %.", "share")
    median_error: float = column("Median size of what is left unexplained.", "share", ge=0)
    p90_error: float = column("90th percentile of that.", "share", ge=0)
    fixed_share_used: float = column("Fixed share that the plan uses.", "share", ge=0, le=1)

    class Config:
        name = "financing_cost_response"
        unique = ["method"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingExcluded(Table):
    """An institution that is not financed, and the rule that says so."""

    institution_id: str = column("Institution.")
    exclusion_rule: str = column("The named rule.")

    class Config:
        name = "financing_excluded"
        unique = ["institution_id"]
        metadata = {"layer": "results", "source": SOURCE}
