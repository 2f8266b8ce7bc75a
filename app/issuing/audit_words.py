"""What the audit log calls the acts on lists (审计日志用语)."""

ACTIONS = {
    "list.drafted": "起草清单",
    "list.checked": "复核清单",
    "list.returned": "退回清单",
    "list.resubmitted": "重新送复核",
    "list.discarded": "作废清单草稿",
    "list.signed": "签发清单",
    "list.replaced": "清单被替代",
    "list.withdrawn": "撤回清单",
    "list.flagged": "核对清单与现有事实",
    "list.verified": "核验清单",
}
OBJECTS = {
    "issued_list": "清单",
}
