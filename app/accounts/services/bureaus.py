"""Setting an installation up: the bureau (本局), its counties, and the one-time code (设置码)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from app.accounts.models import Bureau
from app.accounts.queries import has_accounts
from app.kernel import audit, calendar, workdays
from app.kernel.database import db

CALENDAR_YEARS = range(2020, 2027)
"""The years whose work days (工作日) have been announced and are known to this version."""


@dataclass(frozen=True, slots=True)
class CountyPlan:
    """A county (区县) or zone (功能区) to be entered; without ``code`` the system gives one."""

    name: str
    code: str | None = None
    former_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BureauPlan:
    """The bureau an installation serves: its province, itself, its counties."""

    province: str
    province_code: str
    city: str
    city_code: str
    counties: tuple[CountyPlan, ...]


SHAOXING = BureauPlan(
    province="浙江省",
    province_code="330000",
    city="绍兴市生态环境局",
    city_code="330600",
    counties=(
        CountyPlan("越城区", "330602"),
        CountyPlan("柯桥区", "330603", ("330621",)),
        CountyPlan("上虞区", "330604", ("330682",)),
        CountyPlan("新昌县", "330624"),
        CountyPlan("诸暨市", "330681"),
        CountyPlan("嵊州市", "330683"),
    ),
)
"""What is offered on the first visit; the codes are the national ones (统计用区划代码)."""


def set_up_bureau(plan: BureauPlan = SHAOXING) -> None:
    """Enter province, city and counties and load the workday calendar; once per installation.

    Raises ValueError when a bureau is already there.
    """
    if db.session.execute(select(Bureau.code).limit(1)).first() is not None:
        raise ValueError("a bureau is already set up")
    given = _with_codes(plan)
    db.session.add(
        Bureau(code=plan.province_code, name=plan.province, short_name=plan.province,
               level="province", former_codes="", local_code=False)
    )  # fmt: skip
    db.session.flush()
    db.session.add(
        Bureau(code=plan.city_code, name=plan.city, short_name=_stem(plan.city), level="city",
               parent_code=plan.province_code, former_codes="", local_code=False)
    )  # fmt: skip
    db.session.flush()
    for county, code in given:
        db.session.add(
            Bureau(code=code, name=county.name, short_name=_stem(county.name), level="county",
                   parent_code=plan.city_code, former_codes=" ".join(county.former_codes),
                   local_code=county.code is None)
        )  # fmt: skip
    db.session.flush()
    audit.record(
        "bureau.set_up",
        "bureau",
        plan.city_code,
        {"名称": plan.city, "区县": {code: county.name for county, code in given}},
    )
    load_calendar()


def load_calendar() -> None:
    """Load the work days of every announced year (国务院办公厅放假通知)."""
    for year in CALENDAR_YEARS:
        source = f"国务院办公厅关于 {year} 年部分节假日安排的通知"
        calendar.record_days(workdays.seed_days(year), source)


def _with_codes(plan: BureauPlan) -> list[tuple[CountyPlan, str]]:
    """Each county with its code; a zone without one gets the city's next free number from 91."""
    taken = {county.code for county in plan.counties}
    free = (f"{plan.city_code[:4]}{number}" for number in range(91, 100))
    local = (code for code in free if code not in taken)
    return [(county, county.code or next(local)) for county in plan.counties]


def _stem(name: str) -> str:
    """越城 for 越城区, 绍兴市 for 绍兴市生态环境局: what people say for short."""
    short = name.removesuffix("生态环境局")
    return short if short != name or len(name) < 3 else name.rstrip("区县市")


def _code_file() -> Path:
    folder: Path = current_app.config["CONFIG"].instance_dir
    return folder / "setup-code"


def make_setup_code() -> str | None:
    """A new one-time code for the first visit, replacing the last; None once accounts exist.

    Only its hash is kept, in the instance folder, readable by its owner alone.
    """
    if has_accounts():
        return None
    code = "-".join(secrets.token_hex(2) for _ in range(5))
    path = _code_file()
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(_code_hash(code))
    temporary.replace(path)
    return code


def is_setup_code(code: str) -> bool:
    """Whether this is the one-time code that was printed last."""
    try:
        kept = _code_file().read_text().strip()
    except OSError:
        return False
    return hmac.compare_digest(kept, _code_hash(code))


def _code_hash(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()


def use_setup_code() -> None:
    """Void the code, once the first accounts are made."""
    _code_file().unlink(missing_ok=True)
