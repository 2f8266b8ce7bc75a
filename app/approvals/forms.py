"""What people send from the pages of approvals, read into values (表单)."""

from __future__ import annotations

from collections.abc import Container, Mapping

from app.approvals.domain import COURSE
from app.approvals.queries import PARTS, SORTS, ProposalFilter
from app.kernel.listing import page_number

LONGEST_NOTE = 1000
_LONGEST_SEARCH = 100


def read_filter(args: Mapping[str, str], kinds: Container[str]) -> ProposalFilter:
    """The list that the address asks for; what is not offered counts as not said."""
    part, sort, order = args.get("part", ""), args.get("sort", ""), args.get("order", "")
    kind, state = args.get("kind", ""), args.get("state", "")
    sort = sort if sort in SORTS else "proposed"
    return ProposalFilter(
        part=part if part in PARTS else "todo",
        search=args.get("q", "").strip()[:_LONGEST_SEARCH],
        kind=kind if kind in kinds else "",
        state=state if state in COURSE.states else "",
        sort=sort,
        falling=order == "desc" if order in ("asc", "desc") else sort == "proposed",
        page=page_number(args.get("page", "")),
    )


def read_note(form: Mapping[str, str], name: str) -> tuple[str, str]:
    """(the words typed, what is wrong with them or empty)."""
    text = form.get(name, "").strip()
    if len(text) > LONGEST_NOTE:
        return text, f"最多 {LONGEST_NOTE} 字，现有 {len(text)} 字。请删减。"
    return text, ""
