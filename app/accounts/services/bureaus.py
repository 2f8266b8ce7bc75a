"""Setting an installation up: the bureau (本局), its counties, and the one-time code (设置码)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from app.accounts.models import Bureau
from app.accounts.places import SHAOXING, BureauPlan, short_name, with_codes
from app.accounts.queries import has_accounts
from app.kernel import audit, calendar, workdays
from app.kernel.database import db

CALENDAR_YEARS = range(2020, 2027)
"""The years whose work days (工作日) have been announced and are known to this version."""


def set_up_bureau(plan: BureauPlan = SHAOXING) -> None:
    """Enter province, city and counties and load the workday calendar; once per installation.

    Raises ValueError when a bureau is already there.
    """
    if db.session.execute(select(Bureau.code).limit(1)).first() is not None:
        raise ValueError("a bureau is already set up")
    given = with_codes(plan)
    db.session.add(
        Bureau(code=plan.province_code, name=plan.province, short_name=plan.province,
               level="province", former_codes="", local_code=False)
    )  # fmt: skip
    db.session.flush()
    db.session.add(
        Bureau(code=plan.city_code, name=plan.city, short_name=short_name(plan.city), level="city",
               parent_code=plan.province_code, former_codes="", local_code=False)
    )  # fmt: skip
    db.session.flush()
    for county, code in given:
        db.session.add(
            Bureau(code=code, name=county.name, short_name=short_name(county.name), level="county",
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


def void_setup_code() -> None:
    """The code is of no more use once the first accounts are made."""
    _code_file().unlink(missing_ok=True)
