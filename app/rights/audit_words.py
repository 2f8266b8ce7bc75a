"""What the audit log calls the acts and records of emission rights (审计日志用语)."""

ACTIONS = {
    "reserve.annulled": "作废储备收支",
    "reserve.booked": "登记储备收支",
    "reserve.corrected": "更正储备收支",
}
OBJECTS = {
    "reserve": "排污权储备",
}
