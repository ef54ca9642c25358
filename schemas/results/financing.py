"""Tables of the financing: what the model read, enough for anyone to compute the same optimum
again, and what the plan says: who pays whom, when, and what nobody covers.
"""

from schemas.table import Table

PROJECTED = ["operating_cost", "net_patient_revenue"]
SETTINGS = ["deposit_rate", "gap_growth", "least_cover", "largest_cut", "equity_band", "money_unit"]


class FinancingInput(Table):
    """A table that the model reads."""

    layer = "results"
    subject = "Financing: what the model read"


class FinancingPeriod(FinancingInput):
    """A period of the plan: a quarter, a month."""

    key = "period"
    columns = "period_start period_end days"


class FinancingSetting(FinancingInput):
    """A number that holds for the whole plan."""

    key = "setting"
    columns = "setting_value"
    rules = {"setting": {"isin": SETTINGS}}


class FinancingOpening(FinancingInput):
    """An institution that is financed, and how it stands before the first period."""

    key = "institution_id"
    columns = "region_id cash cash_rule? days_required last_support?"


class FinancingInstitution(FinancingInput):
    """What an institution must pay, and earns beside its claims, in a period."""

    key = "institution_id period"
    columns = "operating_cost capital_need other_income debt_service"


class FinancingActivity(FinancingInput):
    """What the planned activity changes in an institution's money, against activity as usual."""

    key = "institution_id"
    columns = """
        activity_ratio activity_ratio_rule? usual_cost planned_cost usual_claims planned_claims
        net_change
    """


class FinancingClaim(FinancingInput):
    """What a payer owes an institution for a period's activity."""

    key = "payer_id institution_id period"
    columns = "claim"


class FinancingTariff(FinancingInput):
    """A payer's claims by admissions and tariff, in place of the revenue that was reported."""

    key = "institution_id payer_id"
    columns = "weighted base_rate payer_share share_rule revenue_per_day claims_per_day"


class FinancingArrears(FinancingInput):
    """What a payer owed an institution before the first period; absent rows are 0."""

    key = "payer_id institution_id"
    columns = "arrears"


class FinancingPayer(FinancingInput):
    """The most a payer can pay in a period; a payer without a row has no ceiling."""

    key = "payer_id period"
    columns = "ceiling"


class FinancingFund(FinancingInput):
    """Public money for institutions: a subsidy, an equalisation pool, a capital grant."""

    key = "fund_id"
    columns = "name purpose max_share carry_over cost_of_funds"


class FinancingBudget(FinancingInput):
    """New money of a fund in a period."""

    key = "fund_id period"
    columns = "budget"


class FinancingEligible(FinancingInput):
    """A fund may support an institution."""

    key = "fund_id institution_id"


class FinancingLoan(FinancingInput):
    """A kind of loan that institutions may draw."""

    key = "loan_id"
    columns = "name purpose repayment rate term limit income_multiple? draw_first draw_last"


class FinancingRegion(FinancingInput):
    """A region's fair share of money that several regions may draw on."""

    key = "region_id"
    columns = "target_share"


class FinancingProjection(FinancingInput):
    """An institution's newest year of a measure, and what the years before would have said."""

    key = "institution_id measure"
    columns = "period_end basis_end projected reported error"
    rules = {"measure": {"isin": PROJECTED}}


class FinancingProjectionError(FinancingInput):
    """How far a measure's projections are off, over all institutions."""

    key = "measure"
    columns = "method institutions growth median_error p90_error"
    rules = {"measure": {"isin": PROJECTED}}


class FinancingCostResponse(FinancingInput):
    """How operating cost follows activity, estimated from the region's own reports."""

    key = "method"
    columns = "pairs variable_share low high median_error p90_error fixed_share_used"


class FinancingExcluded(FinancingInput):
    """An institution that is not financed, and the rule that says so."""

    key = "institution_id"
    columns = "exclusion_rule"


class FinancingResult(Table):
    """A table of the plan."""

    layer = "results"
    subject = "Financing: what the plan says"


class FinancingFlow(FinancingResult):
    """Money that reaches an institution from one source in a period; rows of 0 are absent."""

    key = "source_id institution_id period flow_kind"
    columns = "amount"


class FinancingPosition(FinancingResult):
    """An institution's money in a period: opening and money in are money out and closing."""

    key = "institution_id period"
    columns = """
        opening_cash payments support drawn other_income interest_earned uncovered operating_cost
        capital_need debt_service principal_due interest_due closing_cash thin debt arrears
        days_on_hand? debt_service_cover? operating_margin?
    """


class FinancingReceivable(FinancingResult):
    """What a payer owes an institution: opening and claim are paid and closing."""

    key = "payer_id institution_id period"
    columns = "opening claim paid closing"
    rules = {"opening": {"ge": 0}}


class FinancingDebt(FinancingResult):
    """An institution's debt on one loan: opening and drawn are principal due and owed."""

    key = "loan_id institution_id period"
    columns = "opening drawn principal_due interest_due owed"
    rules = {"opening": {"ge": 0}}


class FinancingSource(FinancingResult):
    """A source's money in a period: opening and added are used, lapsed and closing."""

    key = "source_kind source_id period"
    columns = "opening added used lapsed closing shadow_price?"


class FinancingOutcome(FinancingResult):
    """An institution over the whole plan: its need in the status quo and what is left of it."""

    key = "institution_id"
    columns = "region_id need uncovered beyond support slower unmet_share? closing_cash"


class FinancingFairness(FinancingResult):
    """A region's shares: its worst institution, and its part of pooled money."""

    key = "region_id"
    columns = "largest_unmet_share pooled_support target below"


class FinancingStatusQuo(FinancingResult):
    """An institution in a period if payers pay pro rata and there is no support and no loan."""

    key = "institution_id period"
    columns = "payments interest_earned uncovered closing_cash days_on_hand?"


class FinancingBalance(FinancingResult):
    """A source or a use of money of a region's institutions in a period; the two sides are equal.

    Sources are opening cash and all that comes in, by payer, fund or loan; uses are all that goes
    out and closing cash."""

    key = "region_id period side line_item party_id"
    columns = "amount"


class FinancingRemedy(FinancingResult):
    """A change that alone would close an institution's gap, all else as planned."""

    key = "institution_id lever party_id"
    columns = "amount cost? lever_share? cheapest"
    rules = {"amount": {"gt": 0}}


class FinancingPrice(FinancingResult):
    """A tier-1 price that is not 0: together these prove the uncovered need to be the least."""

    key = "constraint_name party_id institution_id period"
    columns = "dual_value"
    rules = {"period": {"ge": 0}}


class FinancingObjective(FinancingResult):
    """A tier of the plan: the least value that the solver proved, and the value that stands."""

    key = "objective_tier"
    columns = "objective_name optimum achieved slack"


INPUTS: tuple[type[Table], ...] = tuple(FinancingInput.__subclasses__())
# Inputs that the model does not read: how others came about.
EXPLAINED = (
    FinancingActivity,
    FinancingProjection,
    FinancingProjectionError,
    FinancingCostResponse,
    FinancingExcluded,
)
READ = tuple(table for table in INPUTS if table not in EXPLAINED)
RESULTS: tuple[type[Table], ...] = tuple(FinancingResult.__subclasses__())
