"""Tables that say whether earlier plans came true, on the days that reports cover by now."""

from schemas.regional import ForecastScore
from schemas.table import Table


class Outcome(Table):
    """A table of outcomes."""

    layer = "results"
    subject = "Did the plan come true"


class PlanOutcome(Outcome):
    """What a plan of an earlier night did on the days that reports cover by now, in a region.

    The same patients as usual, as promised, as realised and by hindsight."""

    key = "planned_on area"
    columns = """
        first_day last_day realised_by harm_usual harm_promised harm_realised harm_hindsight
        regret? kept_share? disclosure input_hash
    """
    observed = "harm_usual harm_realised harm_hindsight"


class PlanOutcomeDay(Outcome):
    """The same by day. Hindsight is the best over all days: on one of them it may be the worse."""

    key = "planned_on area date"
    columns = "harm_usual harm_promised harm_realised harm_hindsight disclosure"
    observed = "harm_usual harm_realised harm_hindsight"


class PlanOutcomeInstitution(Outcome):
    """An institution that a plan made more crowded than everyone going where usual would have."""

    key = "planned_on institution_id resource_id"
    columns = "usual_unit_days realised_unit_days worse_unit_days worse_harm disclosure"
    observed = "usual_unit_days realised_unit_days worse_unit_days worse_harm"


class BacktestOutcome(PlanOutcome):
    """What became of the plan of a replayed night, made on the forecast or on the recent mean."""

    key = "planned_on expect area"


class BacktestScore(ForecastScore):
    """How the forecast of a replayed night came true on the days before it."""

    key = f"planned_on {ForecastScore.key}"


TABLES: tuple[type[Table], ...] = tuple(Outcome.__subclasses__())
