"""What the audit log calls the acts and records of the inbox (审计日志用语)."""

ACTIONS = {
    "message.acknowledged": "签收通知",
    "notice.sent": "发送通知",
    "messages.read": "通知标为已读",
    "messages.reminded": "提醒到期事项",
}
OBJECTS = {
    "message": "通知与待办",
}
