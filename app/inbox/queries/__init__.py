"""Reading messages: those a person received, and the notices an office sent."""

from app.inbox.queries.matters import open_matters, sent_matters
from app.inbox.queries.received import (
    PAGE_SIZE,
    PARTS,
    SORTS,
    STATES,
    Counts,
    MessageFilter,
    MessagePage,
    MessageView,
    Recipient,
    all_messages,
    count_waiting,
    find_message,
    list_messages,
    unread_notices,
)
from app.inbox.queries.sent import (
    Delivery,
    NoticePage,
    NoticeView,
    deliveries_of,
    find_notice,
    list_notices,
)

__all__ = [
    "PAGE_SIZE",
    "PARTS",
    "SORTS",
    "STATES",
    "Counts",
    "Delivery",
    "MessageFilter",
    "MessagePage",
    "MessageView",
    "NoticePage",
    "NoticeView",
    "Recipient",
    "all_messages",
    "count_waiting",
    "deliveries_of",
    "find_message",
    "find_notice",
    "list_messages",
    "list_notices",
    "open_matters",
    "sent_matters",
    "unread_notices",
]
