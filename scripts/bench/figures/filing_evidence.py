"""Gigabytes of materials sent to filings: memory bounded, broken lines, nothing lost, a full disk.

Four filers send files of 48 MB side by side, each in parts of 4 MB and looked at when it is whole,
as the page's script does; a filing takes at most 2 GB, so each goes on with another one. Of every
fourth file the line breaks in the middle of a part: half of it is sent, the connection is gone, and
the same file is begun again where the server says that it stopped. Held against nothing:

* the most memory that a process of the web server ever held, less what it held before the first
  file: 160 MiB, three files' worth, however much is sent. Told beside it: the most that one of the
  processes held that look at a file (bounded by themselves, gone after each) and the job worker;
* what is sent again after a broken line: 4 MB, one part;
* materials that are not on record, or not on disk with the hash that was sent: none;
* a part that meets a full disk (the file it goes to is ``/dev/full``): the answer says so in a
  sentence that the page shows, and once there is room the file goes on where it stopped.

Settings: ``gigabytes`` (0.4; 10 in full), ``senders`` (4).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.ground import Ground
from bench.load.browser import Answer, Browser, Unanswered
from bench.load.filings import Draft, a_draft, indicators, open_bureau
from bench.load.people import PASSWORD
from bench.load.served import Server, served
from bench.measuring import MEBIBYTE, Result, limit

from app.filing.queries import evidence_of
from app.kernel import files, uploads
from app.kernel.database import db
from tests.evidence_files import assembled

NEEDS_COUNTRY = False
FILE_MB, FILING_MB, BREAK_EVERY, REACH = 48, 1920, 4, 160


def measure(place: Ground) -> list[Result]:
    """Everything is sent, then looked for."""
    senders = int(place.setting("senders", 4, 4))
    megabytes = place.setting("gigabytes", 0.4, 10) * 1024
    each = max(1, round(megabytes / senders / FILE_MB))
    with place.blank() as blank:
        drafts = _drafts(blank, senders, each)
        with served(blank) as server:
            sent = asyncio.run(_send_all(server, drafts, each))
            full = asyncio.run(_meet_a_full_disk(server, drafts[0][-1], blank.instance))
        wrong = _not_whole(blank, sent)
    return _results(place, sent, wrong, full)


def _drafts(place: Ground, senders: int, each: int) -> list[list[Draft]]:
    """For each sender as many filings as the files need; an enterprise has one filing."""
    many = -(-each * FILE_MB // FILING_MB)
    with place.app().app_context():
        open_bureau(indicators(9))
        found = [[a_draft(sender * many + it + 1) for it in range(many)]
                 for sender in range(senders)]  # fmt: skip
        db.engine.dispose()
    return found


@dataclass
class Sent:
    """What was sent, and what it took."""

    digests: list[tuple[int, str]] = field(default_factory=list)
    """The filing and the hash of every file."""
    seconds: list[float] = field(default_factory=list)
    """Of each file."""
    again: list[int] = field(default_factory=list)
    """Bytes sent a second time after each broken line."""
    before: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)

    def look(self, server: Server) -> None:
        """Note what the processes held at most."""
        for role, mib in server.peaks().items():
            self.most[role] = max(mib, self.most.get(role, 0.0))


async def _send_all(server: Server, drafts: Sequence[Sequence[Draft]], each: int) -> Sent:
    sent, people = Sent(), [await _sender(server, own[0]) for own in drafts]
    await people[0].send(_pdf(1))
    sent.before = server.peaks()

    async def watch() -> None:
        while True:
            sent.look(server)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(
        _send_own(server, person, own, each, sent)
        for person, own in zip(people, drafts, strict=True)
    ))  # fmt: skip
    watching.cancel()
    sent.look(server)
    return sent


async def _send_own(
    server: Server, person: Sender, own: Sequence[Draft], each: int, sent: Sent
) -> None:
    in_one, loop = FILING_MB // FILE_MB, asyncio.get_running_loop()
    for number in range(each):
        if number and number % in_one == 0:
            person.browser.close()
            person = await _sender(server, own[number // in_one])
        content = await asyncio.to_thread(_pdf, FILE_MB)
        start = loop.time()
        breaks = number % BREAK_EVERY == 1
        digest, again = await person.send(content, breaks=breaks)
        sent.seconds.append(loop.time() - start)
        sent.digests.append((person.draft, digest))
        sent.again += [again] if breaks else []
    person.browser.close()


@dataclass
class Sender:
    """A filer who sends files to a filing, as the page's script does."""

    browser: Browser
    draft: int
    token: str

    async def send(self, content: bytes, *, breaks: bool = False) -> tuple[str, int]:
        """A file to its end; its hash, and the bytes sent a second time."""
        digest = hashlib.sha256(content).hexdigest()
        url, arrived = await self.begin(content, digest)
        again = 0
        if breaks:
            arrived = await self._part(url, content, arrived)
            half = content[arrived : arrived + uploads.PART // 2]
            await self.browser.break_off(f"{url}?at={arrived}", half, uploads.PART, self.token)
            reached = arrived + len(half)
            url, arrived = await self.begin(content, digest)
            again = reached - arrived
        while arrived < len(content):
            try:
                arrived = await self._part(url, content, arrived)
            except Unanswered:  # refused before all of it was read: the broken part is still there
                await asyncio.sleep(0.2)
                url, arrived = await self.begin(content, digest)
        done = await self.browser.send_bytes(f"{url}/whole", b"", self.token)
        if "added" not in json.loads(done.text):
            raise RuntimeError(done.text)
        return digest, again

    async def begin(self, content: bytes, digest: str) -> tuple[str, int]:
        """Where its parts go, and how much of it is there."""
        path = f"/filing/{self.draft}/uploads"
        begun = await self.browser.post(path, {
            "csrf_token": self.token, "place": "0", "row": "", "name": f"{digest[:8]}.pdf",
            "size": str(len(content)), "mark": "1", "digest": digest})  # fmt: skip
        told = json.loads(begun.text)
        return f"{path}/{told['token']}", told["arrived"]

    async def _part(self, url: str, content: bytes, at: int) -> int:
        part = content[at : at + uploads.PART]
        answer = await self.browser.send_bytes(f"{url}?at={at}", part, self.token)
        if answer.status == 409:  # the broken part is still being put away
            await asyncio.sleep(0.05)
        return int(json.loads(answer.text)["arrived"])


async def _sender(server: Server, draft: Draft) -> Sender:
    browser = Browser(server.port)
    await browser.sign_in(draft.filers[0], PASSWORD)
    page = await browser.get(f"/filing/{draft.id}/materials")
    token = page.form(f"/filing/{draft.id}/evidence")["csrf_token"]
    return Sender(browser, draft.id, token)


def _pdf(megabytes: int) -> bytes:
    """A pdf of a page and so much that cannot be packed any smaller, each unlike the others."""
    filling = os.urandom(megabytes * MEBIBYTE - 4096)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
    return assembled([
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(filling), filling),
    ])  # fmt: skip


# --- A full disk ----------------------------------------------------------------------------


async def _meet_a_full_disk(server: Server, draft: Draft, instance: Path) -> list[str]:
    """What was answered otherwise than it should be; empty: nothing."""
    person, wrong = await _sender(server, draft), []
    content = _pdf(2)
    digest = hashlib.sha256(content).hexdigest()
    url, _ = await person.begin(content, digest)
    token = url.rpartition("/")[2]
    held = instance / "files" / "incoming" / f"upload-{token}"
    held.parent.mkdir(parents=True, exist_ok=True)
    held.symlink_to("/dev/full")
    answer = await person.browser.send_bytes(f"{url}?at=0", content, person.token)
    if not _says_so(answer):
        wrong.append(f"{answer.status} {answer.words(200)}")
    held.unlink()
    with contextlib.suppress(Unanswered):
        await person.send(content)
        person.browser.close()
        return wrong
    return [*wrong, "not taken afterwards"]


def _says_so(answer: Answer) -> bool:
    with contextlib.suppress(ValueError):
        return "磁盘已满" in json.loads(answer.text).get("refused", "")
    return False


# --- What is there --------------------------------------------------------------------------


def _not_whole(place: Ground, sent: Sent) -> int:
    """Files that are not on record in their filing, or not on disk as they were sent."""
    with place.app().app_context():
        held = {(it, found.sha256) for it in {draft for draft, _ in sent.digests}
                for found in evidence_of(it)}  # fmt: skip
        wrong = sum(it not in held or not files.is_whole(it[1]) for it in sent.digests)
        db.engine.dispose()
    return wrong


def _results(place: Ground, sent: Sent, wrong: int, full: list[str]) -> list[Result]:
    name, engine = "filing_evidence", place.engine
    many = len(sent.digests)
    size = f"{many * FILE_MB / 1024:.1f} GB"
    more = sent.most["web"] - sent.before["web"]
    return [
        limit(name, "memory of the web server while files come", engine, more, REACH, "MiB",
              sent=size, before_mib=round(sent.before["web"]),
              most_mib={role: round(mib) for role, mib in sent.most.items()},
              seconds_of_a_file=round(statistics.median(sent.seconds), 2)),
        limit(name, "sent again after a broken line, at most", engine,
              max(sent.again, default=0) / MEBIBYTE, uploads.PART / MEBIBYTE, "MiB",
              broken=len(sent.again)),
        limit(name, "materials not on record or not whole", engine, wrong, 0, "files", of=many),
        limit(name, "a full disk not told in a sentence", engine, len(full), 0, "answers",
              told=full),
    ]  # fmt: skip
