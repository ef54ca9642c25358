"""What the financing plan says: who pays whom, when, and what nobody covers."""

from schemas.table import Table, column

SOURCE = "the financing model"
FLOWS = ("payment", "support", "draw", "other_income", "interest_earned", "uncovered")
SOURCES = ("payer", "fund", "loan")
LEVERS = ("fund", "loan", "payer", "saving")


class FinancingFlow(Table):
    """Money that reaches an institution from one source in a period; rows of 0 are absent."""

    source_id: str = column(
        "Payer, fund or loan; own for other income and interest, nobody for an uncovered need."
    )
    institution_id: str = column("Who gets it.")
    period: int = column("Period.", "1", ge=1)
    flow_kind: str = column("Kind of money.", isin=FLOWS)
    amount: float = column("Amount; other income may be below 0.", "currency")

    class Config:
        name = "financing_flow"
        unique = ["source_id", "institution_id", "period", "flow_kind"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingPosition(Table):
    """An institution's money in a period: opening and money in are money out and closing."""

    institution_id: str = column("Institution.")
    period: int = column("Period.", "1", ge=1)
    opening_cash: float = column("Cash before the period.", "currency")
    payments: float = column("From payers.", "currency", ge=0)
    support: float = column("From funds.", "currency", ge=0)
    drawn: float = column("From loans.", "currency", ge=0)
    other_income: float = column("Other income.", "currency")
    interest_earned: float = column("Interest on opening cash.", "currency", ge=0)
    uncovered: float = column("Need that nobody covers (the gap).", "currency", ge=0)
    operating_cost: float = column("Operating cost without depreciation.", "currency", ge=0)
    capital_need: float = column("Equipment and buildings.", "currency", ge=0)
    debt_service: float = column("Service of debt from before the plan.", "currency", ge=0)
    principal_due: float = column("Repaid on loans of the plan.", "currency", ge=0)
    interest_due: float = column("Interest on loans of the plan.", "currency", ge=0)
    closing_cash: float = column("Cash after the period.", "currency", ge=0)
    thin: float = column("Cash that is not borrowed, below the days required.", "currency", ge=0)
    debt: float = column("Owed on loans of the plan after the period.", "currency", ge=0)
    arrears: float = column("Owed by payers after the period.", "currency", ge=0)
    days_on_hand: float = column(
        "Days of operating cost in closing cash; null without cost.", "days", ge=0, nullable=True
    )
    debt_service_cover: float = column(
        "Claims, other income and operating support less operating cost, by debt service; "
        "null without debt service.",
        "1",
        nullable=True,
    )
    operating_margin: float = column(
        "Claims and other income less operating cost, by claims and other income; null without.",
        "share",
        nullable=True,
    )

    class Config:
        name = "financing_position"
        unique = ["institution_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingReceivable(Table):
    """What a payer owes an institution: opening and claim are paid and closing."""

    payer_id: str = column("Payer.")
    institution_id: str = column("Institution.")
    period: int = column("Period.", "1", ge=1)
    opening: float = column("Owed before the period.", "currency", ge=0)
    claim: float = column("Claimed in the period.", "currency", ge=0)
    paid: float = column("Paid in the period.", "currency", ge=0)
    closing: float = column("Owed after the period.", "currency", ge=0)

    class Config:
        name = "financing_receivable"
        unique = ["payer_id", "institution_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingDebt(Table):
    """An institution's debt on one loan: opening and drawn are principal due and owed."""

    loan_id: str = column("Loan product.")
    institution_id: str = column("Institution.")
    period: int = column("Period.", "1", ge=1)
    opening: float = column("Owed before the period.", "currency", ge=0)
    drawn: float = column("Drawn in the period.", "currency", ge=0)
    principal_due: float = column("Repaid in the period.", "currency", ge=0)
    interest_due: float = column("Interest paid in the period.", "currency", ge=0)
    owed: float = column("Owed after the period.", "currency", ge=0)

    class Config:
        name = "financing_debt"
        unique = ["loan_id", "institution_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingSource(Table):
    """A source's money in a period: opening and added are used, lapsed and closing."""

    source_kind: str = column("payer, fund or loan.", isin=SOURCES)
    source_id: str = column("Payer, fund or loan.")
    period: int = column("Period.", "1", ge=1)
    opening: float = column("Left from before (a loan: its limit less what is owed).", "currency")
    added: float = column(
        "New money: a budget, a ceiling, what was repaid; a payer without ceiling: what it paid.",
        "currency",
        ge=0,
    )
    used: float = column("Paid to institutions.", "currency", ge=0)
    lapsed: float = column("Not used and not kept.", "currency", ge=0)
    closing: float = column("Kept for the next period.", "currency", ge=0)
    shadow_price: float = column(
        "Uncovered need (tier 1) that one more unit of this money would remove; null where the "
        "source has no limit.",
        "1",
        nullable=True,
    )

    class Config:
        name = "financing_source"
        unique = ["source_kind", "source_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingOutcome(Table):
    """An institution over the whole plan: its need in the status quo and what is left of it."""

    institution_id: str = column("Institution.")
    region_id: str = column("Region.")
    need: float = column("Uncovered in the status quo.", "currency", ge=0)
    uncovered: float = column("Uncovered in the plan.", "currency", ge=0)
    beyond: float = column(
        "Operating debt beyond what payers owe, after the last period.", "currency", ge=0
    )
    support: float = column("From all funds.", "currency", ge=0)
    slower: float = column("Support below the pace of change.", "currency", ge=0)
    unmet_share: float = column(
        "Uncovered and beyond by need; null without need.", "share", ge=0, nullable=True
    )
    closing_cash: float = column("Cash after the last period.", "currency", ge=0)

    class Config:
        name = "financing_outcome"
        unique = ["institution_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingFairness(Table):
    """A region's shares: its worst institution, and its part of pooled money."""

    region_id: str = column("Region.")
    largest_unmet_share: float = column("Largest unmet share of an institution.", "share", ge=0)
    pooled_support: float = column("Support from pooled funds.", "currency", ge=0)
    target: float = column("Least support that equity asks for.", "currency", ge=0)
    below: float = column("Support below the target.", "currency", ge=0)

    class Config:
        name = "financing_fairness"
        unique = ["region_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingStatusQuo(Table):
    """An institution in a period if payers pay pro rata and there is no support and no loan."""

    institution_id: str = column("Institution.")
    period: int = column("Period.", "1", ge=1)
    payments: float = column("From payers.", "currency", ge=0)
    interest_earned: float = column("Interest on opening cash.", "currency", ge=0)
    uncovered: float = column("Need that nobody covers.", "currency", ge=0)
    closing_cash: float = column("Cash after the period.", "currency", ge=0)
    days_on_hand: float = column(
        "Days of operating cost in closing cash; null without cost.", "days", ge=0, nullable=True
    )

    class Config:
        name = "financing_status_quo"
        unique = ["institution_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingBalance(Table):
    """A source or a use of money of a region's institutions in a period; the two sides are equal.

    Sources are opening cash and all that comes in, by payer, fund or loan; uses are all that goes
    out and closing cash.
    """

    region_id: str = column("Region.")
    period: int = column("Period.", "1", ge=1)
    side: str = column("source or use.", isin=("source", "use"))
    line_item: str = column("What it is: a kind of money, or what it is spent on.")
    party_id: str = column("Payer, fund or loan; own or nobody, as in financing_flow.")
    amount: float = column("Amount.", "currency")

    class Config:
        name = "financing_balance"
        unique = ["region_id", "period", "side", "line_item", "party_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingRemedy(Table):
    """A change that alone would close an institution's gap, all else as planned."""

    institution_id: str = column("Institution with an uncovered need.")
    lever: str = column(
        "fund or loan (more money), payer (pays earlier what it owes) or saving (costs less).",
        isin=LEVERS,
    )
    party_id: str = column("Fund, loan or payer; own for its own cost.")
    amount: float = column("Money that would have to move.", "currency", gt=0)
    cost: float = column(
        "Cost of that public money, or interest on that loan; null for a saving.",
        "currency",
        ge=0,
        nullable=True,
    )
    lever_share: float = column(
        "Amount by the fund's budget, the loan's limit, the payer's claims or operating cost; "
        "null where that is 0.",
        "share",
        ge=0,
        nullable=True,
    )
    cheapest: bool = column("Is it the cheapest change for the institution?")

    class Config:
        name = "financing_remedy"
        unique = ["institution_id", "lever", "party_id"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingPrice(Table):
    """A tier-1 price that is not 0: together these prove the uncovered need to be the least."""

    constraint_name: str = column("Constraint of the formulation.")
    party_id: str = column("Payer, fund, loan or all.")
    institution_id: str = column("Institution, or all.")
    period: int = column("Period; 0 where the rule has none.", "1", ge=0)
    dual_value: float = column("Change of tier 1 by unit of the rule's right side.", "1")

    class Config:
        name = "financing_price"
        unique = ["constraint_name", "party_id", "institution_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class FinancingObjective(Table):
    """A tier of the plan: the least value that the solver proved, and the value that stands."""

    objective_tier: int = column("Place in the lexicographic order.", "1", ge=1)
    objective_name: str = column("What it minimises.")
    optimum: float = column("Least value, currency for tiers 1 and 4, else 1.", "1")
    achieved: float = column("Value of the published plan.", "1")
    slack: float = column("What later tiers may add to the optimum.", "1", ge=0)

    class Config:
        name = "financing_objective"
        unique = ["objective_tier"]
        metadata = {"layer": "results", "source": SOURCE}
