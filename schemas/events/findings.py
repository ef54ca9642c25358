"""Quality rules across rows, tables and time, and what a plan may have to say."""

# Tables of words: one entry each, English, Chinese, what to do.
# fmt: off
ASK = ("ask the sender whether it is right", "向报送方核实")
CODE = ("declare the code in the region's file, or have it corrected", "登记该编码, 或请其更正")
PLACE = ("send zone and region of it", "请补报其区域和地区")

# subject, severity, owner, threshold; English, Chinese, what to do
FINDINGS = {
    "use_above_capacity": ("institution", "warn", "sender", 1.0,
        "in its newest figures more of a resource is in use than in service (value: times)",
        "最新数据中某资源的使用量高于在用量 (值: 倍数)", ASK),
    "unknown_resource": ("resource", "severe", "sender", 0.0,
        "the region's file defines no resource of this code, so nothing is planned with it: a "
        "code is compared letter for letter (value: rows)",
        "地区配置没有此资源编码, 不参与规划; 编码逐字比较 (值: 行数)", CODE),
    "unknown_class": ("class", "severe", "sender", 0.0,
        "the region's file defines no class of this code, so its patients are not planned for: a "
        "code is compared letter for letter (value: rows)",
        "地区配置没有此类别编码, 其患者不参与规划; 编码逐字比较 (值: 行数)", CODE),
    "stays_of_unknown_class": ("institution", "warn", "sender", 0.0,
        "the region's file does not define the class of some stays, which are not planned for "
        "(value: stays, to the next 5; empty up to 10)",
        "部分住院的类别未定义, 不参与规划 (值: 住院数, 取整到 5; 不多于 10 时为空)", CODE),
    "overlapping_stays": ("institution", "warn", "sender", 0.0,
        "stays begin before an earlier stay of the same patient ends (value: stays, to the next "
        "5; empty up to 10)",
        "同一患者的住院时间重叠 (值: 住院数, 取整到 5; 不多于 10 时为空)", ASK),
    "long_stays": ("institution", "warn", "sender", 0.0,
        "stays last over two years (value: stays, to the next 5; empty up to 10)",
        "住院超过两年 (值: 住院数, 取整到 5; 不多于 10 时为空)", ASK),
    "capacity_jumped": ("institution", "warn", "analyst", 0.5,
        "units in service changed by over half, and by at least ten, within a week or a period "
        "(value: change as a share)",
        "在用量在一周或一期内变动过半且至少十个 (值: 变动比例)", ASK),
    "total_jumped": ("resource", "severe", "analyst", 0.2,
        "units in service in the whole region changed by over a fifth within a week or a period "
        "(value: change as a share)",
        "全地区在用量在一周或一期内变动超过五分之一 (值: 变动比例)", ASK),
    "stale_institution": ("institution", "warn", "sender", 14.0,
        "its newest figures are over two weeks, or two periods, older than the region's newest "
        "(value: days)",
        "最新数据比全地区晚两周或两期以上 (值: 天数)",
        ("ask the sender for newer figures", "请报送方补报")),
    "silent_institution": ("institution", "warn", "clerk", None,
        "it is open and no figures of its capacity ever came",
        "营业中但从未报送容量",
        ("ask it for figures, or say when it closed", "请其报送, 或登记停业日期")),
    "institution_left_out": ("institution", "severe", "sender", None,
        "no feed says both in which zone and in which region it lies: it counts nowhere until one "
        "does",
        "没有数据源同时说明其区域和地区, 暂不计入", PLACE),
    "zone_left_out": ("zone", "severe", "sender", None,
        "no feed says in which region it lies: its people count nowhere until one does",
        "没有数据源说明其所属地区, 其人口暂不计入", PLACE),
    "population_unknown": ("zone", "warn", "sender", 0.0,
        "some of its people are unknown: they are put at their share in the region's other zones, "
        "or the region shows no population and no rates (value: cells)",
        "部分人口未知, 按其他区域的比例估计, 或不显示人口和比率 (值: 单元格数)",
        ("send its population", "请补报人口")),
    "silent_feed": ("feed", "severe", "clerk", 2.0,
        "its newest extract is older than twice the time between extracts (value: times)",
        "最新数据超过两个报送周期 (值: 倍数)", ("ask the sender for an extract", "请报送方补报")),
    "empty_feed": ("feed", "warn", "clerk", None,
        "none of its extracts was ever loaded",
        "从未载入过数据", ("ask the sender for an extract", "请报送方报送")),
    "delivery_held": ("delivery", "severe", "clerk", None,
        "it waits for a person",
        "等待人工处理", ("look at it; then release or refuse it", "查看后放行或拒绝")),
    "delivery_rejected": ("delivery", "severe", "sender", None,
        "it was rejected tonight",
        "今夜被拒绝", ("do what its receipt says", "按回执处理")),
    "announced_and_missing": ("delivery", "severe", "sender", None,
        "a manifest announces a file of this name, and none came",
        "清单中有此文件, 但未收到",
        ("send the file, or the manifest without it", "发送该文件, 或更正清单")),
    "same_content_new_name": ("delivery", "warn", "sender", None,
        "its content is that of another file, under a new name",
        "内容与另一文件相同, 只是名称不同", ASK),
    "rows_at_fault": ("delivery", "severe", "sender", 0.05,
        "over a twentieth of its rows is quarantined (value: share)",
        "超过二十分之一的行被隔离 (值: 比例)",
        ("do what its receipt says of each row", "按回执逐行处理")),
    "undeclared_columns": ("delivery", "severe", "clerk", None,
        "it has columns that its feed does not know; they were not read",
        "含有数据源未声明的列, 未读取",
        ("declare them in the feed, or have them left out", "在数据源中声明, 或不再发送")),
}

ALERTS = {
    "plan_stale": ("tonight's solver stopped ({detail}); the last plan stands",
        "今夜求解中止 ({detail}); 沿用上次计划",
        ("raise the time or memory limit, or look at the inputs", "提高上限, 或检查输入")),
    "nobody_in_reach": (
        "no institution of the region may admit its patients from {count:,} zones: they are "
        "planned as unmet; is an institution's capacity missing, or are borders closed?",
        "本地区没有机构可接收来自 {count:,} 个区域的患者, 计为未满足; 是否缺少容量数据或边界关闭?",
        ("look at capacity and at the region's rules of access", "检查容量数据和就医规则")),
}
