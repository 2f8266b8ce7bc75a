"""The letters of a signed allocation (告知书): one at once, all of them by a job with progress."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence

from app.accounts.queries import list_bureaus
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.issuing.domain import State
from app.issuing.queries import ListView, frozen_content
from app.kernel import audit, files, jobs
from app.kernel.papers import MEDIA_TYPES, PaperFault, file_name
from app.kernel.transaction import transaction, writing
from app.rights.letters import TITLE, Letter, letters_of
from app.rights.papers import MAKERS, archive
from app.rights.queries.issued import find_allocation, find_letters

JOB = "rights.letters"
PURPOSE = "排污权告知书"
_ZIP = "application/zip"


def letters(view: ListView, counties: Collection[str] | None) -> list[Letter]:
    """The letters of a signed allocation within some counties (None: all)."""
    city = next((it.name for it in list_bureaus() if it.level == "city"), "")
    return letters_of(
        frozen_content(view.content_sha256),
        number=view.number,
        signed_on=view.signed_on or view.as_of,
        bureau=city,
        sha256=view.list_sha256,
        counties=counties,
    )


def why_no_letters(view: ListView) -> str | None:
    """Why no letters are written about a signed allocation; None when it is the one that holds."""
    if view.state is State.IN_FORCE:
        return None
    return f"这份清单{view.state.words}，不再生成告知书。请按现行清单告知企业。"


def make_one(view: ListView, letter: Letter, form: str, owner_id: int) -> str:
    """The token of one letter's file, made for this person. Raises PaperFault."""
    content = io.BytesIO(MAKERS[form](letter))
    _audit(view, form, f"{letter.enterprise} {letter.plant}")
    return files.make_download(
        content, file_name(letter.file_name, form), MEDIA_TYPES[form], PURPOSE, owner_id
    )


def queue(view: ListView, form: str, counties: Sequence[str] | None) -> int:
    """Have all letters made in the background for the person who asks; returns the job's id."""
    current = transaction()
    payload = {
        "list": view.id,
        "form": form,
        "counties": counties,
        "owner": current.actor_id,
        "name": current.actor_name,
    }
    key = f"{JOB}:{view.id}:{form}:{current.actor_id}:{current.moment.isoformat()}"
    _audit(view, form, "全部")
    return jobs.enqueue(JOB, payload, key=key)


def _audit(view: ListView, form: str, reach: str) -> None:
    told = {"清单": view.title, "文号": view.number, "格式": form, "范围": reach}
    audit.record("letters.asked", "issued_list", view.id, told)


def _make(run: jobs.JobRun) -> None:
    its, purpose = run.payload, f"{PURPOSE} {run.job_id}"
    if find_letters(purpose, its["owner"]):
        return  # made by a worker that died before it could say so
    view = find_allocation(its["list"])
    problem = why_no_letters(view) if view else "没有这份签发的分配清单。"
    if view is None or problem:
        raise jobs.JobFailed(f"没有生成告知书：{problem}")
    content, name = _packed(run, view)
    with writing("告知书", actor_id=its["owner"], actor_name=its["name"]):
        token = files.make_download(io.BytesIO(content), name, _ZIP, purpose, its["owner"])
        inbox.send(
            MessageKind.NOTICE,
            f"告知书已生成：{name}",
            Audience(user_id=its["owner"]),
            link=f"/downloads/{token}",
            source=f"{JOB}:{run.job_id}",
            body="文件保留 24 小时，过期请重新生成。",
        )


def _packed(run: jobs.JobRun, view: ListView) -> tuple[bytes, str]:
    form, wanted = run.payload["form"], letters(view, run.payload["counties"])
    total = len(wanted)
    if not wanted:
        raise jobs.JobFailed("没有生成告知书：清单中没有您范围内的厂区。")

    def tell(made: int) -> None:
        run.progress(made, total, f"正在生成第 {made} 份，共 {total} 份")

    try:
        return archive(wanted, form, tell), f"{TITLE}_{view.id}_{form}_{total}份.zip"
    except PaperFault as fault:
        raise jobs.JobFailed(str(fault)) from fault


jobs.define(JOB, _make, title="生成排污权告知书")
