"""What everything sent in parts (分段上传) is answered alike, material or package.

A file is announced, its parts follow, and it is whole or given up. The answers are JSON; a refusal
is a sentence, and 409 says how much is here when a part does not follow on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import abort, jsonify, request
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.kernel import uploads
from app.kernel.files import Stored
from app.kernel.materials import Unacceptable
from app.kernel.uploads import NotWhole, OutOfStep, TooManyUnderWay, UnderWay

_LONGEST_NAME, _LONGEST_MARK = 200, 80


@dataclass(frozen=True, slots=True)
class Announced:
    """A file as its sender announces it."""

    name: str
    size: int
    mark: str
    """Tells the same file from a changed one of its name."""
    sha256: str
    """Empty: the sender did not compute it."""


def announced() -> Announced:
    """The file that the request is about."""
    form = request.form
    digest = form.get("digest", "")
    is_one = len(digest) == 64 and all(it in "0123456789abcdef" for it in digest)
    return Announced(
        form.get("name", "")[-_LONGEST_NAME:], form.get("size", 0, int),
        form.get("mark", "")[:_LONGEST_MARK], digest if is_one else "",
    )  # fmt: skip


def refused(sentence: str) -> Response:
    """Nothing is taken, and why."""
    return jsonify(refused=sentence)


def begun(it: Announced, matter: str, told: Mapping[str, Any], most: int) -> Response:
    """Where to send its parts, and how much of it is here already.

    Unfinished files of one matter may take twice the ``most`` that it may hold.
    """
    owner = signed_in_person().user_id
    try:
        if uploads.bytes_under_way(matter) + it.size > 2 * most:
            raise TooManyUnderWay
        token = uploads.begin(
            owner, matter, told, name=it.name, size=it.size, mark=it.mark, sha256=it.sha256
        )
    except TooManyUnderWay:
        return refused("没有传完的文件太多。请先传完或取消，再添加新的。")
    found = uploads.find(token, owner, matter)
    return jsonify(token=token, arrived=found.arrived if found else 0)


def under_way_or_404(token: str, matter: str) -> UnderWay:
    """The file under way, if the person began it for this matter."""
    found = uploads.find(token, signed_in_person().user_id, matter)
    if found is None:
        abort(404, "这个文件已经传完，或者很久没有继续，已被清理。请重新选择文件。")
    return found


def part_taken(found: UnderWay) -> Response | tuple[Response, int]:
    """The next part, as the request carries it."""
    at, stream = request.args.get("at", -1, int), cast("BinaryIO", request.stream)
    try:
        arrived = uploads.append(found, at, stream)
    except OutOfStep as late:
        return jsonify(arrived=late.arrived), 409
    return jsonify(arrived=arrived)


def whole(
    found: UnderWay,
    enter: Callable[[Stored], Mapping[str, object]],
    check: Callable[[Path], object] = lambda _path: None,
) -> Response | tuple[Response, int]:
    """All parts are here: the file is checked and kept; the answer is what ``enter`` says of it.

    What ``check`` finds Unacceptable is thrown away; what ``enter`` refuses may be tried again.
    """
    try:
        stored = uploads.keep_whole(found, check=check)
    except NotWhole:
        return jsonify(arrived=found.arrived), 409
    except OutOfStep:
        return refused("这个文件正在处理。请稍候刷新页面查看。")
    except Unacceptable as refusal:
        uploads.forget(found.token)
        return refused(str(refusal))
    try:
        said = enter(stored)
    except Refused as refusal:
        return refused(str(refusal))
    uploads.forget(found.token)
    return jsonify(**said)


def given_up(found: UnderWay) -> Response:
    """The sender gives the file up."""
    uploads.forget(found.token)
    return jsonify(dropped=True)
