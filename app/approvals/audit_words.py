"""What the audit log calls the acts and records of approvals (审计日志用语)."""

ACTIONS = {
    "proposal.approved": "复核通过",
    "proposal.made": "提交复核",
    "proposal.refused": "复核退回",
    "proposal.taken_back": "撤回复核申请",
}
OBJECTS = {
    "proposal": "待复核事项",
}
