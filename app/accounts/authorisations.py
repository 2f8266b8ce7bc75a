"""Handing out the paper on which an agent acts (授权书)."""

from __future__ import annotations

from flask import abort, send_file
from werkzeug import Response

from app.accounts.queries import Authorisation
from app.accounts.sessions import signed_in_person
from app.kernel import attachments, audit, files
from app.kernel.database import db
from app.kernel.entrance import whom_to_tell
from app.kernel.web import never_run


def as_download(paper: Authorisation | None) -> Response:
    """The file as it was sent; never shown inside a page of ours. None is not found."""
    if paper is None:
        abort(404, "没有这份授权书，或者不在您的权限范围内。")
    if not files.is_whole(paper.sha256):
        abort(
            404,
            f"这份授权书缺失，或与登记时的校验值不符。须从备份恢复，请告知{whom_to_tell()}。",
        )
    person = signed_in_person()
    db.session.rollback()
    audit.record_aside("authorisation.fetched", "authorisation", paper.id,
                       {"文件名": paper.name, "SHA-256": paper.sha256},
                       actor=(person.user_id, person.display_name))  # fmt: skip
    response = send_file(
        files.path_of(paper.sha256),
        mimetype=attachments.media_type_of(paper.name),
        as_attachment=True,
        download_name=paper.name,
    )
    return never_run(response)
