"""Columns of forecasts: of the coming days, how they were made, and how past ones came true."""

from schemas.columns.column import Codes, Column, coded, day, flag, integer, number, text

DEMAND_MEASURES: Codes = {
    "admissions": ("New patients of a class who live in a zone, a day.", "某分区某类患者的每日新入院人数"),
    "in_use": ("Units of a resource in use at an institution.", "某机构某类资源的使用中数量"),
}
FORECAST_SOURCES: Codes = {
    "institution": ("Forecast for the institution itself.", "按机构预测"),
    "institution_share": ("Forecast for institutions, and shared among the zones of their patients.", "按机构预测，再按患者居住分区分摊"),
    "own": ("The region's own forecast, as it was sent.", "区域自行报送的预测"),
}
FREQUENCIES: Codes = {"day": ("Daily values.", "每日"), "week": ("Weekly means.", "每周")}
LENGTHS: Codes = {
    "two_years": ("Two years and more: all that an engine can use.", "两年及以上"),
    "eight_weeks": ("Eight weeks and more.", "八周及以上"),
    "two_weeks": ("Two weeks and more.", "两周及以上"),
    "one_week": ("One week and more: the mean of the weeks known.", "一周及以上：取已知各周均值"),
    "one_day": ("Less than a week: the last value, for nothing tells more.", "不足一周：取最近值"),
}
COMPARED: Codes = {
    "past_origins": ("Past days, each forecast from what was known by then.", "以往各起报日，仅用当时已知数据"),
    "own_issues": ("The days for which the region sent a forecast of its own.", "区域自行报送预测所覆盖的日期"),
}
LEVELS = {
    "quantile_025": (0.025, "2.5"),
    "quantile_05": (0.05, "5"),
    "quantile_10": (0.1, "10"),
    "quantile_25": (0.25, "25"),
    "quantile_50": (0.5, "50"),
    "quantile_75": (0.75, "75"),
    "quantile_90": (0.9, "90"),
    "quantile_95": (0.95, "95"),
    "quantile_975": (0.975, "97.5"),
}
UNIT = "patients/day or units"


def _quantile(percent: str) -> Column:
    return number(UNIT, f"Not exceeded in {percent} of 100 cases.", f"{percent}% 分位数")


COLUMNS: dict[str, Column] = {
    "demand_measure": coded(DEMAND_MEASURES, "What is forecast.", "预测对象"),
    "series_key": text("Place and class or resource that the forecast is for, with / between.", "预测序列：地点与类别或资源，以 / 分隔"),
    "issued_date": day("Day on which the forecast was issued; it knows nothing later.", "预测发布日期，不含此后信息"),
    "target_date": day("Day that is forecast.", "被预测的日期"),
    "horizon": integer("days", "Days from the last day known to the day that is forecast.", "距最近已知日的天数", ge=1),
    "forecast_mean": number(UNIT, "Expected value.", "预测均值"),
    **{name: _quantile(percent) for name, (_, percent) in LEVELS.items()},
    "forecast_upper": number(UNIT, "Upper bound that plans take, at planning.upper_deviations.", "计划采用的上限（见 planning.upper_deviations）"),
    "forecast_source": coded(FORECAST_SOURCES, "For what the forecast was made.", "预测的来源"),
    "engine": text("How it was forecast; own: as the region sent it.", "预测方法；own 为区域自行报送"),
    "history_length": coded(LENGTHS, "How long the institution's series is known; which engine a short one allows follows.", "机构序列已知历史的长度"),
    "frequency": coded(FREQUENCIES, "Of what the values are means.", "数值的时间粒度"),
    "reported_share": number(
        "share",
        "Part of the newest day's final value that is known by then, as earlier deliveries showed; values were divided by it.",
        "最新一日数值的已报送比例（由以往报送得出），数值已按此修正",
        gt=0,
        le=1,
    ),
    "planned_factor": number("1", "What the plan multiplies it by; null: it plans on the mean of the last weeks.", "计划所乘系数；空表示按近期均值计划"),
    "compared_on": coded(COMPARED, "Which past days are scored.", "评分所用的日期"),
    "horizon_band": text("Days ahead that are scored, of weekly values weeks; or all.", "评分的预测期（按天，周数据按周）；all 为全部"),
    "scored": integer("1", "Values forecast and known now.", "已有实际值的预测数"),
    "mean_absolute_error": number(UNIT, "Mean distance of the median from what came.", "中位数与实际值的平均绝对误差"),
    "weighted_interval_score": number(UNIT, "Mean weighted interval score of all quantiles; less is better.", "加权区间评分（越小越好）"),
    "coverage_50": number("share", "Values inside the middle half; 0.5 is right.", "落入 50% 区间的比例", le=1),
    "coverage_80": number("share", "Values inside the middle 80 of 100; 0.8 is right.", "落入 80% 区间的比例", le=1),
    "error_ratio": number("1", "Mean absolute error ÷ that of the better of last value and a week ago.", "误差与简单预测之比"),
    "score_ratio": number("1", "Weighted interval score ÷ that of the better of last value and a week ago.", "评分与简单预测之比"),
    "chosen": flag("Is it used tonight?", "今晚是否采用"),
}
