"""What people send from the pages of 排污权, read into values (表单)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.approvals.domain import Overtaken, Refused
from app.kernel.asked import read_day
from app.kernel.spreadsheets import clean_text, parse_decimal
from app.rights.domain import POLLUTANTS, Level
from app.rights.services import ApplicationEntry
from app.rights.services.reserves import EntryDraft
from app.rights.tonnage import BY_HAND, Account, EntryKind

FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST = {
    "document": 100,
    "reason": 200,
    "why": 200,
    "annul_why": 200,
    "annul_document": 100,
    "project_name": 200,
}
_YEAR_DIGITS = 4


@dataclass(slots=True)
class Typed:
    """A form as typed, kept as it is; ``errors`` say by field what has to be mended."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    is_overtaken: bool = False
    """Whether somebody was faster; the sentence on top says who and when."""

    def refuse(self, refused: Refused) -> None:
        """Tell on top why it was not done."""
        self.errors[""] = str(refused)
        self.is_overtaken = isinstance(refused, Overtaken)

    @property
    def status(self) -> int:
        """The status of a page that shows what is wrong: 409 where somebody was faster."""
        return 409 if self.is_overtaken else 422

    @property
    def summary(self) -> list[tuple[str, str]]:
        """The sentences for the summary on top, each with the id of its field."""
        return [(f"f-{name}" if name else "", text) for name, text in self.errors.items()]

    def text(self, name: str, label: str, *, required: bool = True) -> str:
        """A line of text."""
        typed = clean_text(self[name])
        if required and not typed:
            self.errors[name] = f"没有填写{label}。请填写。"
        if len(typed) > LONGEST[name]:
            self.errors[name] = f"{label}超过 {LONGEST[name]} 个字。请缩短。"
        return typed

    def tonnes(self, name: str = "tonnes") -> Decimal | None:
        """Tonnes above zero with at most three decimals, never rounded."""
        parsed = parse_decimal(self[name])
        if parsed.problem:
            self.errors[name] = f"{parsed.problem}。"
        elif parsed.value is None:
            self.errors[name] = "没有填写数量。请填写吨数，例如 1.250。"
        elif parsed.value <= 0:
            self.errors[name] = "数量应大于零。请填写吨数，例如 1.250。"
        else:
            return parsed.value.quantize(Decimal("0.001"))
        return None

    def day(self, name: str, label: str, today: date) -> date | None:
        """A day not after today."""
        try:
            found = read_day(self[name])
        except ValueError as problem:
            self.errors[name] = str(problem)
            return None
        if found is None:
            self.errors[name] = f"没有填写{label}。请按 2025-06-30 的样式填写。"
        elif found > today:
            self.errors[name] = f"{label} {found} 晚于今天。请核对。"
        else:
            return found
        return None

    def choice(self, name: str, label: str, options: Sequence[str]) -> str:
        """One of the options on offer."""
        typed = self[name].strip()
        if typed not in options:
            self.errors[name] = f"没有选择{label}。请从列表中选择。"
            return ""
        return typed

    def year(self) -> int | None:
        """A year (年度) in four digits."""
        typed = self["year"].strip()
        if typed.isascii() and typed.isdecimal() and len(typed) == _YEAR_DIGITS:
            found = int(typed)
            if FIRST_YEAR <= found <= LAST_YEAR:
                return found
        self.errors["year"] = f"年度应为 {FIRST_YEAR} 至 {LAST_YEAR} 之间的四位数字，例如 2025。"
        return None


def read_account(form: Typed, levels: Sequence[Level]) -> Account | None:
    """The reserve that the form names, among the levels the person keeps."""
    level = form.choice("level", "级别", [str(it) for it in levels])
    pollutant = form.choice("pollutant", "污染物", POLLUTANTS)
    year = form.year()
    if not (level and pollutant and year):
        return None
    return Account(Level(level), pollutant, year)


def read_entry(form: Typed, levels: Sequence[Level], today: date) -> EntryDraft | None:
    """The entry that the form describes; None when something has to be mended."""
    account = read_account(form, levels)
    kind = form.choice("kind", "收支类别", [str(it) for it in BY_HAND])
    amount = form.tonnes()
    day = form.day("booked_on", "收支日期", today)
    document = form.text("document", "依据文件")
    reason = form.text("reason", "事由", required=False)
    if form.errors or account is None or amount is None or day is None:
        return None
    return EntryDraft(account, EntryKind(kind), amount, day, document, reason)


OTHER_PROJECT = "other"
WHOLE_PLANT = "plant"


def read_application(
    form: Typed, plant_id: int, projects: Sequence[str], today: date, fixed_day: date | None
) -> ApplicationEntry | None:
    """The application that the form describes; None when something has to be mended.

    ``projects`` are the plant's on record, which the form names by their places; ``fixed_day`` is
    the day of an application that the person may not choose.
    """
    project = _project(form, projects)
    pollutant = form.choice("pollutant", "污染物", POLLUTANTS)
    year = form.year()
    amount = form.tonnes()
    day = fixed_day or form.day("applied_on", "申请日期", today)
    if form.errors or year is None or amount is None or day is None:
        return None
    return ApplicationEntry(plant_id, project, pollutant, year, amount, day)


def _project(form: Typed, projects: Sequence[str]) -> str:
    places = [str(place) for place in range(len(projects))]
    chosen = form.choice("project", "项目", [WHOLE_PLANT, OTHER_PROJECT, *places])
    if chosen == OTHER_PROJECT:
        return form.text("project_name", "项目名称")
    return projects[int(chosen)] if chosen in places else ""
