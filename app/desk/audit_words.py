"""What the audit log calls the acts and records entered by hand (审计日志用语)."""

ACTIONS: dict[str, str] = {
    "authorisation.reminded": "提醒代办授权到期",
    "facts.exported": "导出监管事实",
    "finding.annulled": "作废虚假材料认定记录",
    "finding.corrected": "更正虚假材料认定",
    "finding.recorded": "登记虚假材料认定",
    "finding.withdrawn": "撤销虚假材料认定",
    "grade.annulled": "作废等级记录",
    "grade.corrected": "更正等级",
    "grade.ended": "撤销等级",
    "grade.recorded": "登记等级",
    "violation.annulled": "作废违法行为记录",
    "violation.corrected": "更正违法行为",
    "violation.marked": "认定同样限制申报",
    "violation.recorded": "登记违法行为",
    "violation.unmarked": "取消限制认定",
    "violation.withdrawn": "撤销违法行为",
}
OBJECTS: dict[str, str] = {
    "finding": "虚假材料认定",
    "grade_record": "等级记录",
    "violation": "违法行为",
}
