"""证明材料: files chosen one after another until the application is sent, and fetched afterwards.

Nothing is on record before an application is submitted. Until then the form carries, for each file
that lies on disk already, a note that only the server can write and only its own person can use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import abort, current_app, request, send_file
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug import Response

from app.accounts.sessions import signed_in_person
from app.kernel import attachments, audit, files
from app.kernel.attachments import Unacceptable
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.entrance import whom_to_tell
from app.kernel.files import Stored
from app.kernel.permissions import requires
from app.kernel.web import never_run
from app.rights.domain import Evidence
from app.rights.routes.applications import application_or_404
from app.rights.routes.blueprint import blueprint

MOST = 10
"""Files of one application."""
LASTS = 24 * 60 * 60
"""Seconds that a chosen file waits for its application to be submitted."""
_TOO_MANY = f"一件申请最多附 {MOST} 个文件，超出的没有添加。请合并后再上传。"
_GONE = "已添加的文件中有一个已经过期，请重新选择。"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The files chosen so far for an application that is not submitted yet."""

    files: tuple[Evidence, ...]
    fault: str = ""
    """Why a file was not taken, in one or more sentences."""

    def notes(self) -> list[tuple[Evidence, str]]:
        """Each file with the note by which the form brings it back."""
        notes, person = _notes(), signed_in_person().user_id
        return [(it, notes.dumps([person, it.sha256, it.name])) for it in self.files]

    def enter(self) -> None:
        """Put the files on record, in the transaction of the application."""
        for it in self.files:
            path = files.path_of(it.sha256)
            files.enter(Stored(it.sha256, path.stat().st_size, path))


def chosen() -> Chosen:
    """What the form brings back and what was chosen now, less what the person takes out."""
    found, faults = _brought_back()
    for sent in request.files.getlist("evidence"):
        try:
            attached = attachments.receive(sent)
        except Unacceptable as fault:
            faults.append(str(fault))
        else:
            found += [Evidence(attached.stored.sha256, attached.name)] if attached else []
    kept = _each_once(it for it in found if it.sha256 != request.form.get("drop"))
    if len(kept) > MOST:
        faults.append(_TOO_MANY)
    return Chosen(tuple(kept[:MOST]), "".join(dict.fromkeys(faults)))


def _brought_back() -> tuple[list[Evidence], list[str]]:
    found: list[Evidence] = []
    notes, person = _notes(), signed_in_person().user_id
    for note in request.form.getlist("kept"):
        try:
            owner, sha256, name = notes.loads(note, max_age=LASTS)
        except BadData:
            return found, [_GONE]
        if owner != person or not files.path_of(sha256).is_file():
            return found, [_GONE]
        found.append(Evidence(sha256, name))
    return found, []


def _each_once(found: Iterable[Evidence]) -> Sequence[Evidence]:
    return list({it.sha256: it for it in found}.values())


def _notes() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="rights.evidence")


@blueprint.get("/applications/<int:application_id>/evidence/<int:place>")
@requires(Permission.REGISTER_VIEW)
def evidence(application_id: int, place: int) -> Response:
    """One file as a download; never shown inside a page of ours."""
    found = application_or_404(application_id, Permission.REGISTER_VIEW)
    if not 1 <= place <= len(found.evidence):
        abort(404, "这件申请没有这份证明材料。")
    person, file = signed_in_person(), found.evidence[place - 1]
    if not files.is_whole(file.sha256):
        abort(
            404,
            f"这份证明材料缺失，或与提交时的校验值不符。须从备份恢复，请告知{whom_to_tell()}。",
        )
    db.session.rollback()
    audit.record_aside("application.evidence", "application", application_id,
                       {"文件名": file.name, "SHA-256": file.sha256},
                       actor=(person.user_id, person.display_name))  # fmt: skip
    response = send_file(
        files.path_of(file.sha256),
        mimetype=attachments.media_type_of(file.name),
        as_attachment=True,
        download_name=file.name,
    )
    return never_run(response)
