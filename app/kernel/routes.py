"""The kernel's own addresses: health, downloads, job progress."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_file
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.kernel import audit, files
from app.kernel.database import db
from app.kernel.entrance import whom_to_tell
from app.kernel.permissions import current_actor, public, signed_in
from app.kernel.web import never_run

blueprint = Blueprint("kernel", __name__, template_folder="templates")


@blueprint.get("/healthz")
@public
def healthz() -> tuple[dict[str, str], int]:
    """Whether the database answers; for the person who keeps the server alive."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return {"status": "database"}, 503
    return {"status": "ok"}, 200


@blueprint.get("/downloads/<token>")
@signed_in
def download(token: str) -> Response:
    """A file this person made; nobody else's token opens it."""
    person = current_actor()
    found = files.find_download(token, person.user_id) if person else None
    if found is None or person is None:
        abort(404)
    filename, media_type, sha256 = found.filename, found.media_type, found.sha256
    if not files.is_whole(sha256):
        abort(
            404,
            f"这份文件在服务器上缺失或已损坏，没有下载。请重新导出，并告知{whom_to_tell()}。",
        )
    db.session.rollback()
    audit.record_aside(
        "export.fetched",
        "download",
        sha256,
        {"文件名": filename},
        actor=(person.user_id, person.display_name),
    )
    response = send_file(
        files.path_of(sha256), mimetype=media_type, as_attachment=True, download_name=filename
    )
    return never_run(response)
