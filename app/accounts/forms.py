"""What people typed into the pages of this stage, read into values (表单)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from flask import request

from app.accounts.domain import Role
from app.accounts.places import SHAOXING, BureauPlan, CountyPlan
from app.accounts.queries import SORTS, STATES, AccountFilter, AuditFilter
from app.accounts.services import NO_PAPER, FirstPeople, Paper
from app.kernel import attachments
from app.kernel.asked import read_day

COUNTY_ROWS = 12
"""Rows for counties and zones on the set-up page; the rest of them stay empty."""


def _clean(form: Mapping[str, str], name: str, limit: int = 100) -> str:
    return unicodedata.normalize("NFKC", form.get(name, "")).strip()[:limit]


@dataclass(frozen=True, slots=True)
class SetUpForm:
    """The set-up page as typed; kept as it is when something has to be corrected."""

    code: str
    people: FirstPeople
    province: str
    province_code: str
    city: str
    city_code: str
    rows: tuple[tuple[str, str, str], ...]
    """Per county or zone: name, code, former codes."""

    @property
    def plan(self) -> BureauPlan:
        """The bureau that these inputs describe; rows without a name are left out."""
        return BureauPlan(
            province=self.province,
            province_code=self.province_code,
            city=self.city,
            city_code=self.city_code,
            counties=tuple(
                CountyPlan(
                    name, code or None, tuple(re.split(r"[,，、\s]+", former)) if former else ()
                )
                for name, code, former in self.rows
                if name or code or former
            ),
        )


def offered_set_up() -> SetUpForm:
    """The page as first shown: 绍兴市 with its six districts, and rows for more."""
    rows = [(c.name, c.code or "", " ".join(c.former_codes)) for c in SHAOXING.counties]
    rows += [("", "", "")] * (COUNTY_ROWS - len(rows))
    return SetUpForm(
        code="",
        people=FirstPeople("", "", "", "", "", ""),
        province=SHAOXING.province,
        province_code=SHAOXING.province_code,
        city=SHAOXING.city,
        city_code=SHAOXING.city_code,
        rows=tuple(rows),
    )


def read_set_up(form: Mapping[str, str]) -> SetUpForm:
    """The set-up page as sent; rows that were left empty move to the end."""
    rows = [
        tuple(_clean(form, f"county_{part}_{number}", 60) for part in ("name", "code", "former"))
        for number in range(1, COUNTY_ROWS + 1)
    ]
    rows.sort(key=lambda row: not any(row))
    return SetUpForm(
        code=_clean(form, "code"),
        people=FirstPeople(
            system_name=_clean(form, "system_name"),
            system_person=_clean(form, "system_person"),
            security_name=_clean(form, "security_name"),
            security_person=_clean(form, "security_person"),
            password=form.get("password", ""),
            password_again=form.get("password_again", ""),
        ),
        province=_clean(form, "province"),
        province_code=_clean(form, "province_code"),
        city=_clean(form, "city"),
        city_code=_clean(form, "city_code"),
        rows=tuple((name, code, former) for name, code, former in rows),
    )


@dataclass(frozen=True, slots=True)
class GrantForm:
    """A role with its reach and days as typed, and what is wrong with it."""

    role: str = ""
    county: str = ""
    uscc: str = ""
    from_on: str = ""
    until_on: str = ""
    name: str = ""
    display_name: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    def wanted_role(self) -> Role | None:
        """The role chosen, None when none was."""
        return Role(self.role) if self.role in set(Role) else None

    def paper(self) -> Paper:
        """The authorisation of an agent as sent; notes in ``errors`` what cannot be taken."""
        if self.role != Role.AGENT:
            return NO_PAPER
        _, until_on = self.days()
        try:
            return Paper(attachments.receive(request.files.get("paper")), until_on)
        except attachments.Unacceptable as fault:
            self.errors["paper"] = str(fault)
            return NO_PAPER

    def days(self) -> tuple[date | None, date | None]:
        """First and last day; notes in ``errors`` what cannot be read as one."""
        found = []
        for name, text in (("from_on", self.from_on), ("until_on", self.until_on)):
            try:
                found.append(read_day(text))
            except ValueError as problem:
                self.errors[name] = str(problem)
                found.append(None)
        return found[0], found[1]


def read_grant(form: Mapping[str, str]) -> GrantForm:
    """The form of a new account or a further role, as sent."""
    return GrantForm(
        role=_clean(form, "role"),
        county=_clean(form, "county"),
        uscc=_clean(form, "uscc"),
        from_on=_clean(form, "from_on"),
        until_on=_clean(form, "until_on"),
        name=_clean(form, "name"),
        display_name=_clean(form, "display_name"),
    )


def read_account_filter(args: Mapping[str, str]) -> AccountFilter:
    """Which accounts the address bar asks for; what it does not know counts as not said."""
    page = args.get("page", "")
    return AccountFilter(
        search=_clean(args, "q"),
        role=args.get("role", "") if args.get("role") in set(Role) else "",
        county=_clean(args, "county", 6),
        state=args.get("state", "") if args.get("state") in STATES else "",
        sort=args.get("sort", "") if args.get("sort") in SORTS else "name",
        falling=args.get("order") == "desc",
        page=_number(page) or 1,
    )


def read_audit_filter(args: Mapping[str, str]) -> tuple[AuditFilter, dict[str, str]]:
    """Which entries the address bar asks for, and what is wrong with its days."""
    errors: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("from_on", "until_on"):
        try:
            days[name] = read_day(args.get(name, ""))
        except ValueError as problem:
            days[name], errors[name] = None, str(problem)
    wanted = AuditFilter(
        person=_clean(args, "person"),
        action=_clean(args, "action"),
        object=_clean(args, "object"),
        from_on=days["from_on"],
        until_on=days["until_on"],
        before=_number(args.get("before", "")),
        after=_number(args.get("after", "")),
    )
    return wanted, errors


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
