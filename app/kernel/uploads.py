"""Files sent in parts (分段上传): where the line breaks, only the broken part is sent again.

How much has arrived is the length of the file on disk, and nothing else, so no part needs the
writer's lock. A file belongs to who began it; the same file begun again, also on another day or
after the browser was closed, goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import delete, func, insert, select

from app.kernel import clock, files
from app.kernel.database import db
from app.kernel.files import Stored
from app.kernel.models import Upload
from app.kernel.transaction import after_commit, transaction

PART = 4 * 1024 * 1024
"""Bytes that a browser sends at once."""
LASTS = timedelta(days=3)
"""For which an unfinished file is kept."""
MOST_UNDER_WAY, MOST_BYTES_UNDER_WAY = 300, 10 * 1024**3
"""Unfinished files of one person, and what they may take when they are whole."""
_CHUNK = 1 << 18


class TooManyUnderWay(Exception):
    """The person has begun more files than can be under way."""


class OutOfStep(Exception):
    """The part does not follow on what has arrived; ``arrived`` says how much has."""

    def __init__(self, arrived: int) -> None:
        super().__init__(arrived)
        self.arrived = arrived


class NotWhole(Exception):
    """The file is not there in full, or is not what its sender computed."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A file that is being sent."""

    token: str
    owner_id: int
    matter: str
    told: Mapping[str, Any]
    name: str
    size: int
    sha256: str
    started_at: datetime

    @property
    def arrived(self) -> int:
        """Bytes that are here."""
        return _arrived(self.token)

    @property
    def percent(self) -> int:
        """How much of it is here."""
        return 100 * self.arrived // max(1, self.size)


_COLUMNS = (
    Upload.token, Upload.owner_id, Upload.matter, Upload.told, Upload.name, Upload.size,
    Upload.sha256, Upload.started_at,
)  # fmt: skip


def begin(
    owner_id: int, matter: str, told: Mapping[str, Any], *, name: str, size: int, mark: str,
    sha256: str = "",
) -> str:  # fmt: skip
    """The token of the file, inside the current transaction; the same one begun again keeps its.

    Raises TooManyUnderWay.
    """
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    same = db.session.execute(
        select(Upload.token).where(
            Upload.owner_id == owner_id, Upload.matter == matter, Upload.told == text,
            Upload.name == name, Upload.size == size, Upload.mark == mark, Upload.sha256 == sha256,
        )
    ).scalar()  # fmt: skip
    if same is not None:
        return same
    sums = select(func.count(), func.coalesce(func.sum(Upload.size), 0))
    count, taken = db.session.execute(sums.where(Upload.owner_id == owner_id)).one()
    if count >= MOST_UNDER_WAY or taken + size > MOST_BYTES_UNDER_WAY:
        raise TooManyUnderWay
    files.refuse_without_room(size)
    token = secrets.token_urlsafe(32)
    db.session.execute(insert(Upload).values(
        token=token, owner_id=owner_id, matter=matter, told=text, name=name, size=size,
        mark=mark, sha256=sha256, started_at=transaction().moment))  # fmt: skip
    return token


def find(token: str, owner_id: int, matter: str) -> UnderWay | None:
    """The file under way, if this person began it for this matter."""
    row = db.session.execute(
        select(*_COLUMNS).where(
            Upload.token == token, Upload.owner_id == owner_id, Upload.matter == matter
        )
    ).first()
    return None if row is None else _under_way(row)


def unfinished(owner_id: int, matter: str) -> list[UnderWay]:
    """What this person began for this matter and has not sent in full."""
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(Upload.owner_id == owner_id, Upload.matter == matter)
        .order_by(Upload.started_at, Upload.token)
    )
    return [_under_way(row) for row in rows]


def _under_way(row: Any) -> UnderWay:
    return UnderWay(row.token, row.owner_id, row.matter, json.loads(row.told), *row[4:])


def bytes_under_way(matter: str) -> int:
    """What the unfinished files of a matter will take when they are whole."""
    total = select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.matter == matter)
    return int(db.session.execute(total).scalar_one())


def append(it: UnderWay, at: int, stream: BinaryIO) -> int:
    """Add a part that begins ``at``; returns how much is here now.

    What came of a part before its line broke stays. Raises OutOfStep when the part does not follow
    on, or another one is just arriving, or more comes than was announced; OSError without room.
    """
    files.refuse_without_room()
    files.make_folder(_path(it.token).parent)
    with _path(it.token).open("ab") as file, _alone(file, it.token):
        if at != file.tell():
            raise OutOfStep(file.tell())
        while chunk := stream.read(_CHUNK):
            if file.tell() + len(chunk) > it.size:
                raise OutOfStep(_arrived(it.token))
            file.write(chunk)
            file.flush()
        return file.tell()


def keep_whole(it: UnderWay, *, check: Callable[[Path], object]) -> Stored:
    """Put the whole file where files are kept; `forget` it once that is on record.

    Raises NotWhole (the parts are thrown away when they are not what the sender computed), and
    whatever ``check`` raises.
    """
    if it.arrived != it.size:
        raise NotWhole
    files.refuse_without_room(it.size)

    def checked(path: Path) -> None:
        if it.sha256 and files.digest_of(path) != it.sha256:
            _path(it.token).unlink(missing_ok=True)
            raise NotWhole
        check(path)

    with _path(it.token).open("rb") as file, _alone(file, it.token):
        return files.keep(file, check=checked)


def forget(token: str) -> None:
    """Throw away what is here of a file, with the current transaction."""
    db.session.execute(delete(Upload).where(Upload.token == token))
    after_commit(partial(_path(token).unlink, missing_ok=True))


def sweep() -> int:
    """Throw away what nobody went on sending, and parts that no row knows; says how many."""
    before = clock.now() - LASTS
    rows = db.session.execute(select(Upload.token, Upload.started_at)).all()
    late = [
        token for token, started_at in rows
        if started_at < before and _last_touched(token) < before.timestamp()
    ]  # fmt: skip
    known = {_path(token).name for token, _ in rows}
    left = [it for it in _path("").parent.glob("upload-*") if it.name not in known]
    stale = [it for it in left if it.stat().st_mtime < before.timestamp()]
    for token in late:
        forget(token)
    for path in stale:
        path.unlink(missing_ok=True)
    return len(late) + len(stale)


def _path(token: str) -> Path:
    return files.incoming() / f"upload-{token}"


def _arrived(token: str) -> int:
    try:
        return _path(token).stat().st_size
    except OSError:
        return 0


def _last_touched(token: str) -> float:
    try:
        return _path(token).stat().st_mtime
    except OSError:
        return 0.0


@contextmanager
def _alone(file: BinaryIO, token: str) -> Iterator[None]:
    """Nobody else adds to the file meanwhile, in whichever process; Windows has no such lock."""
    if os.name == "posix":
        import fcntl

        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as busy:
            raise OutOfStep(_arrived(token)) from busy
    yield
