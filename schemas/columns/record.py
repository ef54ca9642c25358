"""Columns of the record: deliveries, what was not loaded, decisions, findings, runs."""

from schemas.columns.column import Codes, Column, coded, day, flag, instant, integer, number, signed, text
from schemas.events import EVENTS

VERDICTS: Codes = {
    "loaded": ("Its rows are in the warehouse.", "已加载"),
    "rejected": ("It is not what its feed says; nothing was loaded.", "已拒绝"),
    "duplicate": ("It was loaded before.", "重复"),
    "held": ("A person has to decide.", "待人工决定"),
}
CHANGES: Codes = {
    "new": ("Rows that were not there.", "新增行"),
    "same": ("Rows that say the same.", "未变行"),
    "restated": ("Rows of which a column differs.", "更正行"),
    "gone": ("Rows no longer there, by what the feed replaces.", "删除行"),
    "changed": ("Cells with another value.", "更改的单元格"),
    "filled": ("Cells that were unknown.", "补全的单元格"),
    "emptied": ("Cells that are unknown now.", "清空的单元格"),
}
GRAINS: Codes = {"row": ("The row was not loaded.", "整行未加载"), "cell": ("Only the cell was nulled.", "仅单元格置空")}
DECISIONS: Codes = {"release": ("Load it.", "放行加载"), "refuse": ("Reject it.", "拒绝")}
SUBJECTS: Codes = {
    "institution": ("An institution.", "医疗机构"),
    "zone": ("A zone.", "分区"),
    "feed": ("A feed.", "数据源"),
    "delivery": ("A delivery.", "报送文件"),
    "resource": ("A resource.", "资源"),
    "class": ("A care class.", "患者类别"),
}
SEVERITIES: Codes = {"warn": ("Someone should look.", "提示"), "severe": ("An alert is raised.", "严重，触发警报")}
OUTCOMES: Codes = {"completed": ("It made its table.", "完成"), "failed": ("It did not.", "失败")}
ORCHESTRATORS: Codes = {"prefect": ("Prefect.", "由 Prefect 调度"), "plain": ("Without Prefect.", "直接运行")}
FACTS: Codes = {
    "region": ("Code of the region's file.", "区域代码"),
    "name": ("Name of the region.", "区域名称"),
    "currency": ("Currency of every amount.", "货币"),
    "timezone": ("Clocks by which days are counted.", "时区"),
    "synthetic": ("Are the data invented?", "是否为合成数据"),
    "night": ("Night that made the file.", "批次日期"),
    "plan_from": ("First day of the plan.", "计划首日"),
    "data_to": ("Last day that the capacity data cover; the plan begins the day after it.", "容量数据覆盖的最后一天"),
    "data_age_days": ("Days from then to the night.", "数据滞后天数"),
    "stale_days": ("Days by which the data may be behind before an alert is raised.", "数据允许滞后的天数"),
    "horizon_days": ("Days planned.", "计划天数"),
    "catchment_version": ("Version of Catchment.", "软件版本"),
    "configuration_sha256": ("Hash of the region's and feeds' files.", "配置文件的哈希"),
    "restore_drill": ("When a backup was last restored and compared.", "最近一次恢复演练"),
    "disclosure": ("How counts of people are published.", "人数公布方式"),
    "patient_feeds": ("Feeds whose rows are people.", "含个人数据的数据源"),
    "estimates": ("Tables of results are estimates, not counts.", "结果表为估计值"),
    "pseudonym_key": ("Key that made the pseudonyms.", "假名密钥编号"),
}

EVENT_KINDS: Codes = {
    "rejection": ("Why the delivery was rejected.", "拒绝原因"),
    "hold": ("Why it waits for a person.", "待定原因"),
    "duplicate": ("What it repeats.", "重复说明"),
    "repair": ("What was repaired.", "已作修复"),
    "flag": ("What someone should know.", "提示事项"),
}
OWNERS: Codes = {
    "sender": ("Who sent the data.", "报送方"),
    "clerk": ("Who looks after deliveries.", "数据管理员"),
    "analyst": ("Who uses the tables.", "分析人员"),
}


def _events(*kinds: str) -> Codes:
    return {e.code: e.templates for e in EVENTS if not kinds or e.kind in kinds}


COLUMNS: dict[str, Column] = {
    # Deliveries
    "delivery_id": text("Delivery: first 16 hex digits of the sha256, and a number if it came again.", "报送文件编号：sha256 前 16 位，重复报送加序号"),
    "night": day("Night that made the row.", "批次日期"),
    "feed": text("Feed that the delivery belongs to or the step loads; null if none.", "所属或所加载的数据源；无则为空"),
    "file_name": text("Name of the file.", "文件名"),
    "sha256": text("Hash of the bytes as sent.", "原始字节的哈希"),
    "content_sha256": text("Hash of what is inside: differs from sha256 for an archive.", "内容的哈希（压缩包与 sha256 不同）"),
    "bytes": integer(
        "bytes",
        "Size; published, of patients' files to the nearest 1,000, null where no rows are shown.",
        "大小；含个人数据的文件取整到千字节，不公布行数时为空",
    ),
    "extract_time": instant("When it was drawn, UTC, from its name.", "抽取时间（UTC，取自文件名）"),
    "received_at": instant("When it was read, UTC.", "读取时间（UTC）"),
    "verdict": coded(VERDICTS, "What became of the delivery.", "处理结果"),
    "reason": text("Code of why it was not loaded; null if it was.", "未加载原因代码；已加载时为空", codes=_events("rejection", "hold", "duplicate", "flag")),
    "number": integer("1", "Place of the event among those of the delivery, from 1.", "事件序号，自 1 起", ge=1),
    "event_kind": coded(EVENT_KINDS, "Kind of event.", "事件类型"),
    "count": integer("1", "How many.", "数量"),
    "total": integer("1", "Of how many, or how many are allowed.", "总数或允许的数量"),
    "share": signed("1", "What share of them, or how many times.", "占比或倍数"),
    "line": integer("1", "Line of the file; the first is 1.", "文件行号，首行为 1", ge=1),
    "detail": text("A word of the feed or the platform.", "数据源或系统的说明"),
    "private": text("What stood in the file, in its name, or was written by a person.", "文件内容、文件名或人工填写的内容"),
    # Rows
    "row_number": integer(
        "rows", "Lines of the file before it: a spreadsheet shows it in the row of the next number.", "该行之前的行数；在电子表格中为下一行号"
    ),
    "column_name": text("Column that the row is about, as the feed or the table names it; (the row) for whole rows.", "所涉列名；整行为 (the row)"),
    "table_name": text("Clean table that the row is about.", "所涉规范表名"),
    "rule": text(
        "Rule that was broken or that found it; a feed may name rules of its own.", "规则代码；数据源可自定规则", codes=_events("fault", "finding", "alert")
    ),
    "grain": coded(GRAINS, "What was not loaded.", "未加载的范围"),
    "rows_read": integer(
        "rows", "Rows of data in the file; published, where rows are people, the sum of what is shown.", "读取行数；个人数据公布时为所示各项之和"
    ),
    "loaded": integer("rows", "Rows in clean tables.", "已加载行数"),
    "quarantined": integer("rows", "Rows whose key or identity is at fault.", "隔离行数"),
    "duplicate": integer("rows", "Rows sent twice with the same content.", "重复行数"),
    "excluded": integer("rows", "Rows that a filter of the feed leaves out.", "按数据源筛选排除的行数"),
    "merged": integer("rows", "Rows that a named rule joined to another.", "按规则合并的行数"),
    "cells_nulled": integer("cells", "Cells at fault, nulled.", "置空单元格数"),
    "change": coded(CHANGES, "How rows, or cells of restated rows, differ from what was said before.", "与此前相比的变动"),
    "rows": integer("rows", "Rows: made by a step, or that the change is true of; where they are people, rounded or withheld.", "行数；涉及个人时取整或不公布"),
    "largest": number(
        "1",
        "Largest change of a number, without its sign, in the column's unit; null for other columns, and for counts of people unless inputs are public.",
        "数值变动的最大绝对值（列单位）；其他列及未公开人数为空",
    ),
    "first_date": day("First date among the rows; null if undated.", "最早日期；无日期为空"),
    "last_date": day("Last date among the rows; null if undated.", "最晚日期；无日期为空"),
    # Decisions
    "decision": coded(DECISIONS, "What a person decided about a held delivery.", "人工决定"),
    "why": text("Reason that the person gave; null if none.", "决定理由；无则为空"),
    "decided_by": text("Account that decided.", "决定人账号"),
    "decided_at": instant("When it was decided, UTC.", "决定时间（UTC）"),
    # Findings
    "run_key": text("Region and night.", "运行标识：区域与批次"),
    "subject_kind": coded(SUBJECTS, "Kind of thing that the finding is about.", "对象类型"),
    "subject": text("Code of what the finding is about.", "对象代码"),
    "severity": coded(SEVERITIES, "How serious it is.", "严重程度"),
    "owner": text("Who should look.", "责任方", codes=OWNERS),
    "measured": signed("1", "Number that was found; null if none.", "实测值；无则为空"),
    "threshold": signed("1", "Number from which on the rule finds it; null if none.", "阈值；无则为空"),
    "words": text("The rule or event in plain words.", "文字说明"),
    "score": number("points", "100 less what is missing or at fault, less 10 for a warning and 25 for a severe finding.", "质量得分（满分 100）", ge=0, le=100),
    "good_share": number(
        "share",
        "Share of a feed's rows that were loaded without a fault, or of an institution's newest capacity figures that are known.",
        "合格比例：数据源无误加载的行，或机构最新能力数据中已知者",
        le=1,
    ),
    "warnings": integer("1", "Findings that warn.", "提示数"),
    "severe": integer("1", "Findings that are severe.", "严重问题数"),
    "message": text("The condition, in words.", "警报内容"),
    # Runs
    "patient_data": flag("Are the rows that the step makes people?", "所生成的行是否为个人数据"),
    "made": text("Table, after its schema; history: all rows ever delivered.", "所生成的表（含模式名）；history 为历次报送的全部行"),
    "made_by": text("Step that makes the table.", "生成该表的步骤"),
    "read_from": text("A table, or in words what else the step reads.", "该步骤读取的表或其他来源"),
    "attempt": integer("1", "1 for the first try of that night.", "尝试次数，首次为 1", ge=1),
    "step": text("Step of the night.", "步骤"),
    "position": integer("1", "Place of the step in the order.", "步骤顺序"),
    "started_at": instant("Start, UTC.", "开始时间（UTC）"),
    "outcome": coded(OUTCOMES, "How the step ended.", "步骤结果"),
    "orchestrator": coded(ORCHESTRATORS, "What ran the step.", "运行方式"),
    "code_version": text("Version of Catchment.", "软件版本"),
    "item": text("Which fact of the published file.", "事实项", codes=FACTS),
    "code": text("Code: of an event, or a value that may stand in a column.", "代码：事件代码或列的取值"),
    "meaning": text("What it means.", "英文含义"),
    "meaning_zh": text("What it means, in Chinese.", "中文含义"),
}
