"""What the audit log calls the acts and records of emission rights (审计日志用语)."""

ACTIONS = {
    "application.corrected": "更正排污权申请",
    "application.evidence": "下载申请证明材料",
    "application.made": "提交排污权申请",
    "application.withdrawn": "撤回排污权申请",
    "letters.asked": "生成排污权告知书",
    "reserve.annulled": "作废储备收支",
    "reserve.booked": "登记储备收支",
    "reserve.corrected": "更正储备收支",
}
OBJECTS = {
    "application": "排污权申请",
    "reserve": "排污权储备",
}
