"""A filer who carries in one filled package after the other (交回离线填报包)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.load.persistent import Persistent, Step, Unexpected, a_pdf, expected

from tests.packages import Parts, filled, mark_on, zipped

NOTES = ("1-01-03", "1-02-04", "1-03-03")
"""The lines of the form in which a note on each of the table's rows is written."""
FOLDER = "材料/1-01_颗粒物"
_CHOICE = re.compile(r'name="(k[^"]*)" value="mine"')
_LOOKS, _BETWEEN_LOOKS = 300, 0.4


@dataclass
class Carrier(Persistent):
    """Fills in a note on every row and puts a material in; uploads, previews, confirms."""

    parts: Parts = field(default_factory=dict)
    """The package as it was issued."""
    _content: bytes = b""
    _arrival: str = ""
    _form: list[tuple[str, str]] = field(default_factory=list)

    @property
    def steps(self) -> Sequence[Step]:
        """A round."""
        return self._carry_in, self._preview, self._import

    @property
    def name_now(self) -> str:
        """The text of this round's notes, and the name of its material."""
        return f"{self.mark}-{self.number}"

    async def _carry_in(self) -> None:
        if not self._content:
            self._content = await asyncio.to_thread(self._filled)
        path = f"/filing/{self.filing}/package/uploads"
        told = await self.send(path, self._content, {"name": f"{self.name_now}.zip"})
        if "added" not in told:
            raise Unexpected(str(dict(told)))
        self._arrival = f"/filing/{self.filing}/package/arrivals/{told['added']}"
        self._content = b""

    def _filled(self) -> bytes:
        parts = filled(self.parts, dict.fromkeys(NOTES, self.name_now))
        return zipped({**parts, f"{FOLDER}/{self.name_now}.pdf": a_pdf(2000)})

    async def _preview(self) -> None:
        last = ""
        for _ in range(_LOOKS):
            page = expected(await self.browser.get(self._arrival), 200)
            last = page.words(200)
            if 'name="seen"' in page.text:
                self._form = [("seen", mark_on(page.text))]
                self._form += [(it, "mine") for it in _CHOICE.findall(page.text)]
                return
            await asyncio.sleep(_BETWEEN_LOOKS)
        raise Unexpected(last)

    async def _import(self) -> None:
        answer = await self.decide(self._arrival, self._form)
        if answer.status != 303:  # sent before, and not answered
            page = expected(await self.browser.get(self._arrival), 200)
            if "已导入" not in page.words():
                expected(answer, 303)
        self.done.packages.add(self.name_now)
        self.number += 1
