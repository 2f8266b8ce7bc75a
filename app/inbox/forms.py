"""What people send from the pages of the inbox, read into values (表单)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.inbox.queries import PARTS, SORTS, STATES, MessageFilter
from app.kernel.listing import page_number

_LONGEST_SEARCH = 100


def read_filter(args: Mapping[str, str], on: date) -> MessageFilter:
    """The list that the address asks for; what is not offered counts as not said."""
    part, sort, order = args.get("part", ""), args.get("sort", ""), args.get("order", "")
    state = args.get("state", "")
    sort = sort if sort in SORTS else "sent"
    return MessageFilter(
        on=on,
        part=part if part in PARTS else "todo",
        search=args.get("q", "").strip()[:_LONGEST_SEARCH],
        state=state if state in STATES else "",
        sort=sort,
        falling=order == "desc" if order in ("asc", "desc") else sort == "sent",
        page=page_number(args.get("page", "")),
    )
