"""Making the letters of an issued allocation (生成告知书): in the job process, with progress."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence

from app.accounts.queries import list_bureaus
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.issuing.queries import ListView, frozen_content
from app.kernel import audit, files, jobs
from app.kernel.transaction import transaction, writing
from app.rights.letters import TITLE, Letter, letters_of
from app.rights.papers import MAKERS, MEDIA_TYPES, PaperFault, archive, file_name
from app.rights.queries.issued import find_allocation

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


def queue(view: ListView, form: str, plant_id: int | None, counties: Sequence[str] | None) -> int:
    """Have the letters made in the background for the person who asks; returns the job's id."""
    current = transaction()
    payload = {
        "list": view.id,
        "form": form,
        "plant": plant_id,
        "counties": counties,
        "owner": current.actor_id,
        "name": current.actor_name,
    }
    key = f"{JOB}:{view.id}:{plant_id}:{form}:{current.actor_id}:{current.moment.isoformat()}"
    audit.record("letters.asked", "issued_list", view.id,
                 {"清单": view.title, "文号": view.number, "格式": form,
                  "范围": "一份" if plant_id else "全部"})  # fmt: skip
    return jobs.enqueue(JOB, payload, key=key)


def _make(run: jobs.JobRun) -> None:
    its = run.payload
    view = find_allocation(its["list"])
    if view is None:
        raise jobs.JobFailed("没有这份签发的分配清单，没有生成告知书。")
    wanted = [it for it in letters(view, its["counties"]) if its["plant"] in (None, it.plant_id)]
    if not wanted:
        raise jobs.JobFailed("清单中没有您范围内的厂区，没有生成告知书。")
    try:
        content, name, media = _content(run, view, wanted, its["form"])
    except PaperFault as fault:
        raise jobs.JobFailed(str(fault)) from fault
    with writing("告知书", actor_id=its["owner"], actor_name=its["name"]):
        purpose = f"{PURPOSE} {run.job_id}"
        token = files.make_download(io.BytesIO(content), name, media, purpose, its["owner"])
        inbox.send(
            MessageKind.NOTICE,
            f"告知书已生成：{name}",
            Audience(user_id=its["owner"]),
            link=f"/downloads/{token}",
            source=f"{JOB}:{run.job_id}",
            body="文件保留 24 小时，过期请重新生成。",
        )


def _content(
    run: jobs.JobRun, view: ListView, wanted: Sequence[Letter], form: str
) -> tuple[bytes, str, str]:
    if run.payload["plant"] is not None:
        only = wanted[0]
        return MAKERS[form](only), file_name(only, form), MEDIA_TYPES[form]
    total = len(wanted)
    content = archive(
        wanted, form, lambda made: run.progress(made, total, f"正在生成第 {made} 份，共 {total} 份")
    )
    return content, f"{TITLE}_{view.id}_{form}_{total}份.zip", _ZIP


jobs.define(JOB, _make)
