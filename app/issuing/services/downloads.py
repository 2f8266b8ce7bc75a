"""Taking a list as a file (下载): who, when, which; noted before the file is handed out."""

from __future__ import annotations

from sqlalchemy import insert

from app.approvals.domain import Refused
from app.issuing.models import IssuedDownload
from app.issuing.queries import ListView
from app.kernel.database import db
from app.kernel.transaction import transaction


def take(view: ListView, form: str) -> None:
    """Note that this person takes the list in this form; the caller makes the file."""
    current = transaction()
    if current.actor_id is None:
        raise Refused("没有登录的人员不能下载清单。请登录后重新下载。")
    db.session.execute(
        insert(IssuedDownload).values(
            list_id=view.id,
            form=form,
            at=current.moment,
            by=current.actor_id,
            by_name=current.actor_name,
        )
    )
