"""A signatory who files for a plant, takes it back and files again (签署人)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.load.browser import fields
from bench.load.people import PASSWORD
from bench.load.persistent import Persistent, Step, Unexpected, a_pdf, expected

from app.filing.domain import Kind

_BOX = re.compile(r'name="accept" value="([^"]+)"')
_ARTICLE = re.compile(r'<article class="indicator".*?</article>', re.S)
_FILE = re.compile(r'name="file" value="(\d+)"')
_NUMBER = re.compile(r"/(\d+)(?:/|$)")
_SIZE = 120_000
ROWS = (("1", "监测报告"), ("2", ""), ("3", ""))
"""The rows of the table, and the material that each is to be proved by."""
_YEAR = {"place": "1", "from": "2025-01-01", "until": "2025-12-31"}


@dataclass
class Signatory(Persistent):
    """New materials, the signature, back again, a new filing with what was filed, confirmed."""

    plant: int = 0
    _left: list[tuple[str, str]] = field(default_factory=list)
    """The rows of this round that have no material yet."""
    _content: bytes = b""
    _form: list[tuple[str, str]] = field(default_factory=list)

    @property
    def steps(self) -> Sequence[Step]:
        """A round."""
        return self._attach, self._sign, self._take_back, self._begin, self._confirm

    async def _attach(self) -> None:
        """For each row a material, which takes the place of the one of the round before."""
        self._left = self._left or list(ROWS)
        while self._left:
            await self._attach_to(*self._left[0])
            self._left.pop(0)

    async def _attach_to(self, row: str, kind: str) -> None:
        self._content = self._content or a_pdf(_SIZE)
        digest = hashlib.sha256(self._content).hexdigest()
        page = await self.browser.get(f"/filing/{self.filing}/evidence?place=1&row={row}")
        held = [_NUMBER.search(it) for it in expected(page, 200).links("/filing/evidence/")]
        about = {**_YEAR, "row": row, "kind": kind, "name": f"{digest[:8]}.pdf", "digest": digest}
        if held and held[-1]:
            about["replaces"] = held[-1][1]
        told = await self.send(f"/filing/{self.filing}/uploads", self._content, about)
        if not {"added", "told"} & told.keys():
            raise Unexpected(str(dict(told)))
        self.done.materials.add((self.filing, digest))
        self._content = b""

    async def _sign(self) -> None:
        path = f"/filing/{self.filing}/submit"
        if not self._form:
            page = expected(await self.browser.get(path), 200)
            self._form = [
                ("form_key", page.form(path)["form_key"]), ("password", PASSWORD),
                *(("accept", it) for it in _BOX.findall(page.text)),
            ]  # fmt: skip
        answer = await self.decide(path, self._form)
        self._form = []
        receipt = _NUMBER.search(expected(answer, 303).location)
        if receipt is None:
            raise Unexpected(answer.location)
        self.done.submitted[int(receipt[1])] = self.filing

    async def _take_back(self) -> None:
        answer = await self.decide(f"/filing/{self.filing}/withdraw", [("reason", "数据有误")])
        if answer.status != 303 and "已撤回" not in answer.text:  # sent before, and not answered
            expected(answer, 303)
        self.done.withdrawn.add(self.filing)

    async def _begin(self) -> None:
        started = await self.decide("/filing/new", [
            ("plant_id", str(self.plant)), ("year", "2026"), ("kind", Kind.FIRST.value),
            ("target", "B"), ("form_key", f"{self.mark}-{self.number}"),
        ])  # fmt: skip
        found = _NUMBER.search(expected(started, 303).location)
        if found is None:
            raise Unexpected(started.location)
        self.filing, self.number = int(found[1]), self.number + 1

    async def _confirm(self) -> None:
        """What was carried over still holds: rows, materials, the transport summary."""
        path = f"/filing/{self.filing}/assess?place=1&d=all"
        page = expected(await self.browser.get(path), 200)
        rows = [it for part in _ARTICLE.findall(page.text) for it in fields(part)]
        files = [("file", it) for it in _FILE.findall(page.text)]
        for sent in ([("confirm", "all"), *rows], [("confirm", "files"), *files]):
            form = [("csrf_token", self.token), *sent]
            expected(await self.browser.post(path, form), 303)
        path = f"/filing/{self.filing}/transport"
        page = expected(await self.browser.get(path), 200)
        expected(await self.browser.post(path, page.form(path)), 303)
