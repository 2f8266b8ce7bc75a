"""What is typed to open, extend or close an account of an enterprise (企业账号表单)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from app.accounts.domain import Role
from app.accounts.enterprise_people import ROLES, State, why_not_person, why_not_until
from app.accounts.services import AccountRefused, NewPerson, Paper
from app.desk.queries.people import SORTS, PeopleFilter
from app.kernel import attachments, clock
from app.kernel.asked import read_day
from app.kernel.attachments import Unacceptable
from app.kernel.listing import page_number
from app.kernel.spreadsheets import clean_text


@dataclass(slots=True)
class PersonForm:
    """A form as typed, and what is wrong with it by field."""

    uscc: str = ""
    role: str = ""
    display_name: str = ""
    phone: str = ""
    account: str = ""
    until_on: str = ""
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def person(self) -> NewPerson:
        """Whom to open an account for. Raises AccountRefused without a role."""
        if self.role not in set(ROLES):
            raise AccountRefused("请选择角色。", "role")
        return NewPerson(Role(self.role), self.display_name, self.phone)

    @property
    def is_lent(self) -> bool:
        """Whether an agent who has an account is to act for one more enterprise."""
        return self.role == Role.AGENT and bool(self.account)

    def check_person(self) -> bool:
        """Whether it says who the person is; what is wrong goes into ``errors``, all of it."""
        if self.role not in set(ROLES):
            self.errors["role"] = "请选择角色。"
        if not self.is_lent:
            self.errors.update(why_not_person(self.display_name, self.phone))
        return not self.errors

    def check_paper(self, role: str, paper: Paper) -> bool:
        """Whether it says how long, and on what; what is wrong goes into ``errors``, all of it."""
        said = why_not_until(role, paper.until_on, clock.today(), has_paper=paper.file is not None)
        self.errors.update(said)
        return not said

    def paper(self) -> Paper:
        """The authorisation as sent. Raises AccountRefused for what cannot be taken."""
        try:
            until_on = read_day(self.until_on)
        except ValueError as fault:
            raise AccountRefused(str(fault), "until_on") from fault
        try:
            return Paper(attachments.receive(request.files.get("paper")), until_on)
        except Unacceptable as fault:
            raise AccountRefused(str(fault), "paper") from fault


def read_person(form: Mapping[str, str]) -> PersonForm:
    """The form as sent."""

    def said(name: str, limit: int) -> str:
        return clean_text(form.get(name, "")).strip()[:limit]

    return PersonForm(
        uscc=said("uscc", 18),
        role=said("role", 20),
        display_name=said("display_name", 60),
        phone=said("phone", 40),
        account=said("account", 60),
        until_on=said("until_on", 40),
        reason=said("reason", 400),
    )


def read_people_filter(args: Mapping[str, str], usual: str = "enterprise") -> PeopleFilter:
    """Which people the address asks for; what it does not know counts as not said.

    ``usual``: the order when none is asked for.
    """
    role, state, sort = args.get("role", ""), args.get("state", ""), args.get("sort", "")
    return PeopleFilter(
        search=args.get("q", "").strip()[:100],
        role=role if role in set(ROLES) else "",
        state=state if state in set(State) else "",
        sort=sort if sort in SORTS else usual,
        falling=args.get("order") == "desc",
        page=page_number(args.get("page", "")),
    )
