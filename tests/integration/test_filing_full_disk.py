"""Materials that meet a full disk: the page that sends them is told so in a sentence it shows."""

from __future__ import annotations

import errno
import hashlib
import io
from datetime import date

import pytest
from flask import Flask

from app.approvals.domain import Refused
from app.filing import services
from app.filing.queries import evidence_of
from app.filing.queries.evidence import Limits
from app.kernel import files
from app.kernel.database import db
from app.kernel.transaction import writing
from tests import evidence_files as sample
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import begun, put_in_force, table
from tests.people import ClientAs

BYTES, REPORT = "application/octet-stream", sample.pdf(3)


def test_a_full_disk_is_told_in_words_and_what_had_arrived_stays(
    app: Flask, bureau: None, clock: Freeze, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        draft = begun(a_plant(1)[1])
    filer = client_as("filer", uscc=code(1))
    begin = {"place": 1, "row": "1", "name": "报告.pdf", "size": len(REPORT), "mark": "1",
             "digest": hashlib.sha256(REPORT).hexdigest()}  # fmt: skip
    token = filer.post(f"/filing/{draft}/uploads", data=begin).get_json()["token"]
    url, script = f"/filing/{draft}/uploads/{token}", {"Accept": "application/json"}
    filer.post(f"{url}?at=0", data=REPORT[:100], content_type=BYTES)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def refused(path: str, data: bytes) -> str:
        answer = filer.post(path, data=data, content_type=BYTES, headers=script)
        assert answer.status_code == 503
        return str(answer.get_json()["refused"])

    with app.app_context():
        held = files.incoming() / f"upload-{token}"
    content = held.read_bytes()
    held.unlink()
    held.symlink_to("/dev/full")
    assert "磁盘已满" in refused(f"{url}?at=0", REPORT)
    held.unlink()
    held.write_bytes(content)
    filer.post(f"{url}?at=100", data=REPORT[100:], content_type=BYTES)
    with monkeypatch.context() as patched:
        patched.setattr("app.kernel.files.os.fsync", full)
        assert "磁盘已满" in refused(f"{url}/whole", b"")
    assert [it.name for it in held.parent.iterdir()] == [held.name]
    assert "added" in filer.post(f"{url}/whole").get_json()


def test_what_a_filing_leaves_behind_has_an_end(
    app: Flask, bureau: None, clock: Freeze, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Materials that were replaced or removed, and packages, are kept; not without end."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        draft = begun(a_plant(1)[1])
    limits = Limits(1024**2, len(REPORT) + 10)
    for module in ("services.evidence", "services.arrivals"):
        monkeypatch.setattr(f"app.filing.{module}.evidence_limits", lambda *_: limits)
    filer = client_as("filer", uscc=code(1))

    def sent(number: int) -> str:
        form = {"files": (io.BytesIO(REPORT + b"%" * number), "报告.pdf")}
        page = filer.post(f"/filing/{draft}/evidence", data=form, follow_redirects=True).text
        with app.app_context():
            standing = [it.id for it in evidence_of(draft)]
            db.session.rollback()
        for it in standing:
            filer.post(f"/filing/evidence/{it}/remove")
        return page

    pages = [sent(number) for number in range(1, 6)]
    refused = ["已替换、已移除" in it for it in pages]
    assert refused == [False] * 4 + [True]
    with app.app_context():
        stored = files.keep(io.BytesIO(b"PK" * 600))
        with pytest.raises(Refused, match="已移除"), writing("测试"):
            services.keep_arrival(draft, stored, "填报包.zip")
