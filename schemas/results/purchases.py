"""Tables of the purchases: what institutions ask for, what is bought, when, from which money."""

from schemas.table import Table, column

GIVEN = "the region's assumptions and the allocation's shadow prices"
SOURCE = "the purchase model"
KINDS = ("fund", "loan")
REPAYMENTS = ("bullet", "level_principal", "annuity")
REASONS = ("bought", "averts_no_harm", "beyond_the_budget")


class PurchaseRequest(Table):
    """Units of a resource that an institution asks for."""

    purchase_id: str = column("Request.")
    institution_id: str = column("Who asks.")
    resource_id: str = column("What for.")
    units: float = column("How many, all or none.", "units", gt=0)
    price: float = column("Price of all of them.", "currency", gt=0)
    running_cost: float = column("Cost of running all of them for a period.", "currency", ge=0)
    earliest_period: int = column("First period in which they can be bought.", "1", ge=1)
    priced: float = column(
        "Harm averted by shadow prices: units times the price of a unit-day, a year long.",
        "points/year",
        ge=0,
    )
    income: float = column("The institution's income of a mean period.", "currency")

    class Config:
        name = "purchase_request"
        unique = ["purchase_id"]
        metadata = {"layer": "results", "source": GIVEN}


class PurchaseBudget(Table):
    """New money of a fund for purchases in a period."""

    fund_id: str = column("Fund.")
    period: int = column("Period.", "1", ge=1)
    budget: float = column("New money.", "currency", ge=0)
    max_share: float = column("Largest share for one institution.", "share", gt=0, le=1)
    carry_over: bool = column("Does unused money stay for the next period?")
    cost_of_funds: float = column("Cost of public money by unit of it.", "1", ge=0)

    class Config:
        name = "purchase_budget"
        unique = ["fund_id", "period"]
        metadata = {"layer": "results", "source": GIVEN}


class PurchaseEligible(Table):
    """A fund for purchases may support an institution."""

    fund_id: str = column("Fund.")
    institution_id: str = column("Institution.")

    class Config:
        name = "purchase_eligible"
        unique = ["fund_id", "institution_id"]
        metadata = {"layer": "results", "source": GIVEN}


class PurchaseLoan(Table):
    """A kind of loan for purchases."""

    loan_id: str = column("Loan product.")
    repayment: str = column("bullet, level_principal or annuity.", isin=REPAYMENTS)
    rate: float = column("Interest per period.", "share", gt=0)
    term: int = column("Periods from draw to the last repayment.", "periods", ge=1)
    limit: float = column("Most that all institutions together may owe.", "currency", ge=0)
    income_multiple: float = column(
        "Most that one may owe, in its incomes of a mean period; null if unlimited.",
        "1",
        ge=0,
        nullable=True,
    )
    draw_first: int = column("First period in which it may be drawn.", "1", ge=1)
    draw_last: int = column("Last period in which it may be drawn.", "1", ge=1)

    class Config:
        name = "purchase_loan"
        unique = ["loan_id"]
        metadata = {"layer": "results", "source": GIVEN}


class PurchaseChoice(Table):
    """A request, whether it is bought, when, and what it averts."""

    purchase_id: str = column("Request.")
    bought: bool = column("Is it bought?")
    period: int = column("Period in which it is bought; null if not.", "1", ge=1, nullable=True)
    averted_per_year: float = column(
        "Harm averted, as the kept round of the choice takes it.", "points/year", ge=0
    )
    averted: float = column(
        "Harm averted from its period to the end of the plan; 0 if not bought.", "points", ge=0
    )
    choice_rule: str = column("Why, a named rule.", isin=REASONS)

    class Config:
        name = "purchase_choice"
        unique = ["purchase_id"]
        metadata = {"layer": "results", "source": SOURCE}


class PurchaseMoney(Table):
    """Money from a source for a purchase; a purchase's rows add up to its price."""

    purchase_id: str = column("Purchase.")
    source_kind: str = column("fund or loan.", isin=KINDS)
    source_id: str = column("Fund or loan product.")
    period: int = column("Period.", "1", ge=1)
    amount: float = column("Amount, in whole cents.", "currency", gt=0)

    class Config:
        name = "purchase_money"
        unique = ["purchase_id", "source_kind", "source_id"]
        metadata = {"layer": "results", "source": SOURCE}


class PurchaseCost(Table):
    """What a purchase costs its institution in a period of the plan, beside the money it got."""

    purchase_id: str = column("Purchase.")
    period: int = column("Period, from that of the purchase.", "1", ge=1)
    running_cost: float = column("Cost of running it.", "currency", ge=0)
    principal_due: float = column("Repaid on its loans.", "currency", ge=0)
    interest_due: float = column("Interest on its loans.", "currency", ge=0)

    class Config:
        name = "purchase_cost"
        unique = ["purchase_id", "period"]
        metadata = {"layer": "results", "source": SOURCE}


class PurchaseRound(Table):
    """A round of the choice: what it took the harm averted for, and what a second solve says."""

    round: int = column("1 takes shadow prices, later ones what was found.", ge=1)
    purchases: int = column("Requests chosen.", "1", ge=0)
    predicted: float = column("Harm averted by them, as taken.", "points/year", ge=0)
    confirmed: float = column(
        "Harm averted when the allocation is solved again with them.", "points/year", ge=0
    )
    kept: bool = column("Is this the round that is published?")

    class Config:
        name = "purchase_round"
        unique = ["round"]
        metadata = {"layer": "results", "source": SOURCE}


INPUTS: tuple[type[Table], ...] = (
    PurchaseRequest,
    PurchaseBudget,
    PurchaseEligible,
    PurchaseLoan,
)
RESULTS: tuple[type[Table], ...] = (PurchaseChoice, PurchaseMoney, PurchaseCost, PurchaseRound)
