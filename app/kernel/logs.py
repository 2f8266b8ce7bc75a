"""What the program writes down while it runs (运行日志), in ``instance/logs/``.

``access-DAY.log`` holds one line for every request (网络日志: who came when, from where, with what
answer), ``app-DAY.log`` what went wrong. A day's file that grows too large goes on in
``…-DAY.1.log``; nothing is ever renamed, so several processes may write at once, each line in one
piece. Old days go when they are old enough, or sooner when all of it takes too much room.

No line holds what was typed: of an address only the path, of its words only numbers; of an
exception neither its quoted values nor long digits; of a statement no parameters. Whatever comes
from outside is put in ASCII with control characters spelled out, so nobody can forge a line.
"""

from __future__ import annotations

import logging
import os
import re
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy.exc import DBAPIError

from app.kernel import clock
from app.kernel.config import Config
from app.kernel.entrance import is_for_filers

FOLDER = "logs"
ACCESS = "access"
PROBLEMS = "app"
LARGEST_FILE = 20 * 1024 * 1024
LONGEST_WORD = 120
LONGEST_MESSAGE = 400
_NAME = re.compile(r"(access|app)-(\d{4}-\d{2}-\d{2})(?:\.(\d+))?\.log")
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”")
_DIGITS = re.compile(r"\d{6,}")
log = logging.getLogger("app")
_ends: list[Callable[[], None]] = []


class DailyFile(logging.Handler):
    """Appends each record to the file of its day in Beijing time, and clears out old days."""

    def __init__(self, folder: Path, kind: str, days: int, most_bytes: int) -> None:
        super().__init__()
        self._folder, self._kind, self._days, self._most = folder, kind, days, most_bytes
        self._day: date | None = None
        self._part = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; a disk that is full must not stop the work that is logged."""
        try:
            self._append((self.format(record) + "\n").encode())
        except OSError:
            self.handleError(record)

    def _append(self, line: bytes) -> None:
        today = clock.today()
        if today != self._day:
            self._day, self._part = today, 0
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            clear_out(self._folder, today, self._days, self._most)
        while True:
            path = self._folder / name_of(self._kind, today, self._part)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                if os.fstat(descriptor).st_size < LARGEST_FILE:
                    os.write(descriptor, line)
                    return
            finally:
                os.close(descriptor)
            self._part += 1
            clear_out(self._folder, today, self._days, self._most)


def name_of(kind: str, day: date, part: int) -> str:
    """The file's name."""
    return f"{kind}-{day.isoformat()}{f'.{part}' if part else ''}.log"


def clear_out(folder: Path, today: date, days: int, most_bytes: int) -> None:
    """Remove files older than ``days``; then the oldest while all of them take too much room.

    The day that is being written stays.
    """
    found = []
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        with suppress(OSError, ValueError):
            if match:
                day = date.fromisoformat(match[2])
                found.append((day, int(match[3] or 0), path, path.stat().st_size))
    total = sum(size for *_, size in found)
    for day, _part, path, size in sorted(found, key=lambda it: it[:2]):
        is_old = day < today - timedelta(days=days)
        if day >= today or not (is_old or total > most_bytes):
            continue
        path.unlink(missing_ok=True)
        total -= size
        if not is_old:
            log.warning("log of %s removed before its time: the logs took too much room", day)


def plain(text: object, longest: int = LONGEST_WORD) -> str:
    """Text from outside as one word of printable ASCII."""
    spelled = str(text).encode("unicode_escape").decode("ascii").replace(" ", "\\x20")
    return spelled if len(spelled) <= longest else spelled[:longest] + "..."


def without_values(text: str) -> str:
    """A message without what people typed: quoted values and long numbers are blanked."""
    first = text.strip().split("\n", 1)[0]
    blanked = _DIGITS.sub("#", _QUOTED.sub("'#'", first))
    shown = "".join(it if it.isprintable() else repr(it)[1:-1] for it in blanked)
    return shown[:LONGEST_MESSAGE]


class Problems(logging.Formatter):
    """``2025-06-30T09:05:01+0800 ERROR 812 app.kernel.web: …``, then where it happened."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and one indented line for each step of an exception."""
        moment = clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S%z")
        message = " ".join(record.getMessage().splitlines())
        said = f"{moment} {record.levelname} {record.process} {record.name}: "
        lines = [said + without_values(message)]
        if record.exc_info and record.exc_info[1] is not None:
            lines += [f"    {it}" for it in _steps(record.exc_info[1])]
        return "\n".join(lines)


def _steps(error: BaseException) -> list[str]:
    """Where an exception came from, without the values it carries."""
    steps = [
        f"{step.filename}:{step.lineno} {step.name}"
        for step in traceback.extract_tb(error.__traceback__)
    ]
    told = "" if isinstance(error, DBAPIError) else without_values(str(error))
    sent = f"{type(error.orig).__name__}" if isinstance(error, DBAPIError) else ""
    steps.append(f"{type(error).__name__} {sent}{told}".rstrip())
    return steps + (_steps(error.__cause__) if error.__cause__ else [])


def init_app(app: Flask, config: Config) -> None:
    """Write requests and problems into the instance folder; in tests only when they say so."""
    _log_requests(app)
    if not config.testing:
        log_into(config.instance_dir / FOLDER, config.log_days, config.log_bytes)


def log_into(folder: Path, days: int, most_bytes: int) -> Callable[[], None]:
    """From now on write into ``folder``, and nowhere else; returns what ends it.

    Warnings go to the terminal, too, which under systemd is the journal.
    """
    for end_of_last in tuple(_ends):
        end_of_last()
    to_access = DailyFile(folder, ACCESS, days, most_bytes)
    to_access.setFormatter(logging.Formatter("%(message)s"))
    access = logging.getLogger(ACCESS)
    access.setLevel(logging.INFO)
    access.propagate = False
    access.addHandler(to_access)
    to_problems = DailyFile(folder, PROBLEMS, days, most_bytes)
    to_problems.setFormatter(Problems())
    to_problems.setLevel(logging.INFO)
    to_terminal = logging.StreamHandler()
    to_terminal.setFormatter(Problems())
    to_terminal.setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    root = logging.getLogger()
    root.addHandler(to_problems)
    root.addHandler(to_terminal)

    def end() -> None:
        access.removeHandler(to_access)
        root.removeHandler(to_problems)
        root.removeHandler(to_terminal)
        _ends.clear()

    _ends[:] = [end]
    return end


def _log_requests(app: Flask) -> None:
    access = logging.getLogger(ACCESS)

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()

    @app.after_request
    def enter(response: Response) -> Response:
        if access.isEnabledFor(logging.INFO) and access.handlers:
            access.info(_line(response))
        return response


def _line(response: Response) -> str:
    """Moment, address of the browser, person by number, what was asked and answered, time it took,
    request, listener.
    """
    # Nobody is looked up for this: who was asked for during the request is known by now.
    person = getattr(g.get("_login_user"), "user_id", None) or "-"
    moment = clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S%z")
    took = int((time.monotonic() - g.get("began", time.monotonic())) * 1000)
    return (
        f"{moment} {plain(request.remote_addr or '-')} {person} "
        f"{plain(request.method, 10)} {plain(_path())} {response.status_code} {took}ms "
        f"{g.get('request_id', '-')} {'filers' if is_for_filers() else 'main'}"
    )


def _path() -> str:
    """The path asked for; of words in it that lead to one record, only numbers."""
    rule = request.url_rule
    if rule is None:
        return request.path
    shown: dict[str, Any] = {
        name: value if isinstance(value, int) else "*"
        for name, value in (request.view_args or {}).items()
    }
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda it: str(shown.get(it[1], "*")), rule.rule)
