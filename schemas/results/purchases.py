"""Tables of the purchases: what institutions ask for, what is bought, when, from which money."""

from schemas.table import Table


class PurchaseInput(Table):
    """A table that the model reads."""

    layer = "results"
    subject = "Purchases: what the model read"


class PurchaseRequest(PurchaseInput):
    """Units of a resource that an institution asks for."""

    key = "purchase_id"
    columns = "institution_id resource_id units price running_cost earliest_period priced income"


class PurchaseBudget(PurchaseInput):
    """New money of a fund for purchases in a period."""

    key = "fund_id period"
    columns = "budget max_share carry_over cost_of_funds"


class PurchaseEligible(PurchaseInput):
    """A fund for purchases may support an institution."""

    key = "fund_id institution_id"


class PurchaseLoan(PurchaseInput):
    """A kind of loan for purchases."""

    key = "loan_id"
    columns = "repayment rate term limit income_multiple? draw_first draw_last"


class PurchaseResult(Table):
    """A table of the plan."""

    layer = "results"
    subject = "Purchases: what the plan says"


class PurchaseChoice(PurchaseResult):
    """A request, whether it is bought, when, and what it averts."""

    key = "purchase_id"
    columns = "bought period? averted_per_year averted choice_rule"


class PurchaseMoney(PurchaseResult):
    """Money from a source for a purchase; a purchase's rows add up to its price."""

    key = "purchase_id source_kind source_id"
    columns = "period amount"
    rules = {"source_kind": {"isin": ["fund", "loan"]}, "amount": {"gt": 0}}


class PurchaseCost(PurchaseResult):
    """What a purchase costs its institution in a period of the plan, beside the money it got."""

    key = "purchase_id period"
    columns = "running_cost principal_due interest_due"


class PurchaseRound(PurchaseResult):
    """A round of the choice: what it took the harm averted for, and what a second solve says."""

    key = "round"
    columns = "purchases predicted confirmed kept"


INPUTS: tuple[type[Table], ...] = tuple(PurchaseInput.__subclasses__())
RESULTS: tuple[type[Table], ...] = tuple(PurchaseResult.__subclasses__())
