"""Somebody who sends one small ledger workbook after the other, while others write (导入人)."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.ground import Ground
from bench.load.browser import Answer, Browser, Unanswered
from bench.load.people import PASSWORD, Officer
from sqlalchemy import text

from app.kernel.database import db
from app.registry.domain import uscc_check_character
from tests.workbooks import saved

ROWS = 60
"""Enterprises in a workbook, each with a plant and its industry."""
_NAME = re.compile(r"第(\d+)批(\d+)号示例有限公司")
_LOOKS = 600
_BETWEEN_LOOKS = 0.2


@dataclass
class Importer:
    """Uploads, waits for the check, confirms, waits until it is written; then the next one."""

    officer: Officer
    browser: Browser
    first: int
    """The number of the first workbook; others number theirs otherwise."""
    written: set[int] = field(default_factory=set)
    """Workbooks whose page said that they are written."""
    confirmed: dict[int, str] = field(default_factory=dict)
    """Workbooks whose confirmation was acknowledged, with the address of the import."""
    refused: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    @property
    def is_being_written(self) -> bool:
        """Whether a workbook was confirmed and not yet said to be written."""
        return bool(self.confirmed.keys() - self.written)

    async def sign_in(self) -> None:
        """Come in."""
        await self.browser.sign_in(self.officer.name, PASSWORD)

    async def go_on(self, goes_on: Callable[[], bool]) -> None:
        """One workbook after the other until told to stop."""
        while goes_on():
            try:
                await self._import(goes_on)
            except Unanswered:
                await asyncio.sleep(_BETWEEN_LOOKS)

    async def _import(self, goes_on: Callable[[], bool]) -> None:
        token = (await self.browser.get("/ledger/")).form("/ledger/")["csrf_token"]
        number = self.first + self.sent
        self.sent += 1
        file = (f"第{number}批.xlsx", workbook(number, self.officer.county or ""))
        taken = await self.browser.send_file("/ledger/", {"csrf_token": token}, "workbook", file)
        if taken.status != 303:
            self.refused[f"upload: {taken.status} {taken.words(120)}"] += 1
            return
        address = taken.location
        page = await self._until(address, f'action="{address}/confirm"', goes_on)
        if page is None:
            return
        done = await self.browser.post(f"{address}/confirm", page.form(f"{address}/confirm"))
        if done.status == 303:
            self.confirmed[number] = address
            if await self._until(address, "已写入台账", goes_on):
                self.written.add(number)

    async def _until(self, address: str, words: str, goes_on: Callable[[], bool]) -> Answer | None:
        """The import's page once it holds these words; None when it is given up before."""
        last = "no answer"
        for _ in range(_LOOKS):
            try:
                page = await self.browser.get(address)
                if words in page.text:
                    return page
                last = page.words(160)
                if "/recheck" in page.text and "/confirm" not in page.text:
                    break
            except Unanswered:
                pass
            if not goes_on():
                break
            await asyncio.sleep(_BETWEEN_LOOKS)
        self.refused[f"given up: {last}"] += 1
        return None


def workbook(number: int, county: str) -> bytes:
    """A lawful workbook of new enterprises that bear its number."""
    codes = [_code(number, line) for line in range(ROWS)]
    tables = {
        "企业": [
            {"统一社会信用代码": code, "企业名称": f"第{number}批{line}号示例有限公司"}
            for line, code in enumerate(codes)
        ],
        "厂区": [
            {"统一社会信用代码": code, "厂区编号": "001", "厂区名称": "本部", "区县代码": county}
            for code in codes
        ],
        "行业": [
            {"统一社会信用代码": code, "厂区编号": "001", "行业": "铸造", "角色": "主要"}
            for code in codes
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        return saved(tables, Path(folder) / "ledger.xlsx").read_bytes()


def _code(number: int, line: int) -> str:
    body = f"92330000MB{number % 10**5:05}{line:02}"
    return body + uscc_check_character(body)


def rows_by_workbook(place: Ground) -> dict[int, tuple[int, int, int]]:
    """Workbook → its enterprises, plants and industries on record, seen at one moment."""
    query = text(
        "SELECT e.name, count(DISTINCT p.plant_id), count(DISTINCT i.id)"
        " FROM enterprise_record e"
        " LEFT JOIN plant_record p ON p.enterprise_id = e.enterprise_id"
        " LEFT JOIN plant_industry i ON i.plant_id = p.plant_id"
        " WHERE e.name LIKE '第%批%号示例有限公司' GROUP BY e.id, e.name"
    )
    found: dict[int, tuple[int, int, int]] = {}
    with place.app().app_context():
        for name, plants, industries in db.session.execute(query):
            match = _NAME.fullmatch(name)
            if match:
                enterprises, there, kinds = found.get(int(match[1]), (0, 0, 0))
                found[int(match[1])] = (enterprises + 1, there + plants, kinds + industries)
    return found
