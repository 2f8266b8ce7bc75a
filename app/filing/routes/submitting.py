"""承诺与提交: the commitment accepted statement by statement, the signature, the receipt."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.domain import Role
from app.accounts.queries import holders_for
from app.accounts.sessions import signed_in_person
from app.approvals.domain import Refused
from app.filing import services
from app.filing.domain import Assessment, Kind
from app.filing.queries import (
    Filing,
    Working,
    admission_again,
    assessment_of,
    findings_of,
    working,
)
from app.filing.reasons import shown_reasons
from app.filing.routes.blueprint import blueprint, filing_or_404, filing_page, open_filing_or_409
from app.filing.routes.submissions import submission_or_404
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires
from app.kernel.web import page

_WHAT_NEXT = (
    "区县生态环境部门收件后进行初审，材料不齐或不符合形式的，一次性告知须补正的全部内容。",
    "申报 A 级、B 级、引领性的，由区县到现场核查。",
    "区县自收到申请材料或补正材料之日起 7 日内，把初审结果和材料报市生态环境部门。",
    "市级审核、省级核定的结果，会出现在本系统的首页和厂区页。",
)
"""PLAN-COUNTY, PLAN-CITY in the words for an enterprise."""


@blueprint.get("/<int:filing_id>/submit")
@requires(Permission.FILING_WORK)
def submit_page(filing_id: int) -> str:
    """What would be submitted, the statements, and for the signatory the signature."""
    return _page(open_filing_or_409(filing_id))


@blueprint.post("/<int:filing_id>/submit")
@requires(Permission.FILING_SIGN)
def submit_filing(filing_id: int) -> Response:
    """Sign and submit, everything checked again; the same form sent twice is one submission."""
    filing = filing_or_404(filing_id)
    form_key = request.form.get("form_key", "")[:64]
    accepted = request.form.getlist("accept")
    try:
        sent = services.submit(
            filing.id, password=request.form.get("password", ""), form_key=form_key,
            accepted=accepted,
        )  # fmt: skip
    except services.NotAdmitted as refused:
        return make_response(_page(filing, (("", str(refused)),), accepted), 422)
    except Refused as refused:
        return make_response(_page(filing, (("", str(refused)),), accepted), 422)
    flash("申报已提交。")
    return htmx.htmx_redirect(url_for("filing.receipt_page", submission_id=sent.id))


def _page(
    filing: Filing, faults: tuple[tuple[str, str], ...] = (), accepted: Sequence[str] = ()
) -> str:
    found = working(filing)
    judged = assessment_of(found)
    stopping = sum(it.stops for it in findings_of(found, judged))
    verdict = admission_again(
        filing.plant, filing.kind, filing.year, filing.target, clock.today(),
        filing_id=filing.id, first_submitted=found.first_submitted,
    )  # fmt: skip
    kept = {key: it.sha256 for key, it in found.acceptances.items()}
    said = services.statements_of(found)
    return filing_page(
        "submit",
        filing,
        faults=faults,
        wrong={},
        standing_no=None
        if verdict.admitted
        else {"reasons": shown_reasons(verdict.reasons, filing.plant.plant_id)},
        until=None,
        stopping=stopping,
        checks_url=url_for("filing.checks_page", filing_id=filing.id),
        assess_url=url_for("filing.assess_page", filing_id=filing.id),
        summary=_summary(found, judged),
        may_sign=can(Permission.FILING_SIGN),
        signer=signed_in_person().display_name,
        signers=_signers(filing),
        form_key=request.form.get("form_key", "")[:64] or secrets.token_hex(16),
        statements=[
            {"id": it.id, "key": it.id, "text": it.text,
             "accepted": it.id in accepted or kept.get(it.id) == it.sha256}
            for it in said
        ],
        commitment_extra=False,
    )  # fmt: skip


def _signers(filing: Filing) -> list[str]:
    """The people who may sign for the enterprise."""
    held = holders_for(filing.plant.uscc)
    return list(dict.fromkeys(name for _, name, role in held if role is Role.SIGNATORY))


def _summary(found: Working, judged: Assessment) -> list[tuple[str, str]]:
    filing = found.filing
    return [
        ("厂区", filing.plant.full_name),
        ("申报", f"{filing.year} 年{filing.kind.words}"),
        ("申报等级", filing.target),
        ("自评等级", judged.overall or "尚不能确定"),
        ("指标", f"{sum(len(it) for it in judged.results.values())} 项"),
        ("佐证材料", f"{len(found.evidence)} 份"),
    ]


@blueprint.get("/submissions/<int:submission_id>/receipt")
@requires(Permission.FILING_VIEW)
def receipt_page(submission_id: int) -> str:
    """The receipt: number, time, what happens next and by when."""
    found = submission_or_404(submission_id)
    content: dict[str, Any] = json.loads(found.content)
    plant = content["plant"]
    return page(
        "filing/receipt.html",
        sent=found,
        plant_name=f"{plant['enterprise']}（{plant['number']} {plant['name']}）",
        filing_words=f"{content['year']} 年{Kind(content['kind']).words}",
        rows=[
            ("提交时间", clock.shown(found.submitted_at, seconds=True)),
            ("签署人", content["commitment"]["signed_by"]),
            ("版本", f"第 {found.number} 版"),
            ("申报等级", content["target"]),
            ("自评等级", found.grade or "未定"),
            ("佐证材料", f"{len(content['evidence'])} 份"),
        ],
        what_next=_WHAT_NEXT,
        is_own=can(Permission.FILING_WORK),
    )
