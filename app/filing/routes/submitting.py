"""承诺与提交: the commitment accepted statement by statement, the signature."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from flask import flash, make_response, request, url_for
from werkzeug import Response

from app.accounts.domain import Role
from app.accounts.queries import holders_for
from app.accounts.services import AccountRefused, Confirmed, confirm_password
from app.accounts.sessions import signed_in_person
from app.approvals.domain import Overtaken, Refused
from app.filing import services
from app.filing.commitment import SCAN
from app.filing.commitment_checks import scan_is_there, scan_wanted
from app.filing.domain import Assessment, Statement, Way
from app.filing.queries import (
    Filing,
    Submission,
    Working,
    admission_again,
    assessment_of,
    findings_of,
    working,
)
from app.filing.queries.papers import statements_of
from app.filing.reasons import shown_reasons
from app.filing.routes.blueprint import (
    blueprint,
    enters_at_office,
    filing_or_404,
    filing_page,
    open_filing_or_409,
    stops_before_signing,
    to_window,
)
from app.kernel import clock, htmx
from app.kernel.authority import Permission
from app.kernel.permissions import can, requires


@blueprint.get("/<int:filing_id>/submit")
@requires(Permission.FILING_ENTER)
def submit_page(filing_id: int) -> str | Response:
    """What would be submitted, the statements, and for the signatory the signature."""
    filing = filing_or_404(filing_id)
    if not filing.state.is_open:
        return htmx.htmx_redirect(url_for("filing.overview", filing_id=filing_id))
    if filing.way is Way.WINDOW or enters_at_office(filing):
        return to_window(filing)
    return _page(filing)


@blueprint.post("/<int:filing_id>/submit")
@requires(Permission.FILING_SIGN)
def submit_filing(filing_id: int) -> Response:
    """Sign and submit, everything checked again; the same form sent twice is one submission."""
    try:  # the password before anything else touches the database
        confirmed = confirm_password(
            signed_in_person().user_id,
            request.form.get("password", ""),
            address=request.remote_addr or "",
        )
    except AccountRefused as refused:
        filing = open_filing_or_409(filing_id)
        return make_response(_page(filing, {"password": str(refused)}), 422)
    filing = filing_or_404(filing_id)
    unread = _not_accepted(filing)
    if unread:
        return make_response(_page(filing, unread), 422)
    try:
        sent = _signed(filing, confirmed)
    except services.AlreadySubmitted as already:
        flash(str(already))
        sent = already.submission
    except Refused as refused:
        status = 409 if isinstance(refused, Overtaken) else 422
        return make_response(_page(filing, {"": str(refused)}), status)
    return htmx.htmx_redirect(url_for("filing.receipt_page", submission_id=sent.id))


def _not_accepted(filing: Filing) -> dict[str, str]:
    """The statements whose boxes are empty, each with what is to be done."""
    if not filing.state.is_open:
        return {}
    ticked = set(request.form.getlist("accept"))
    return {
        it.id: f"承诺第 {number} 条没有勾选。请阅读后勾选，逐条接受后才能签署。"
        for number, it in enumerate(statements_of(working(filing)), start=1)
        if f"{it.id}:{it.sha256}" not in ticked
    }


def _signed(filing: Filing, confirmed: Confirmed) -> Submission:
    """Keep what was accepted, then submit. Raises Refused."""
    ticked = set(request.form.getlist("accept"))
    if filing.state.is_open:
        for it in statements_of(working(filing)):
            if f"{it.id}:{it.sha256}" in ticked:
                services.accept(filing.id, it.id, it.sha256)
    form_key = request.form.get("form_key", "")[:64] or secrets.token_hex(16)
    return services.submit(filing.id, confirmed, form_key=form_key)


def _page(filing: Filing, wrong: Mapping[str, str] | None = None) -> str:
    found, faults = working(filing), dict(wrong or {})
    judged = assessment_of(found)
    verdict = admission_again(
        filing.plant, filing.kind, filing.year, filing.target, clock.today(),
        filing_id=filing.id, first_submitted=found.first_submitted,
    )  # fmt: skip
    reasons = shown_reasons(verdict.reasons, filing.plant.plant_id)
    return filing_page(
        "submit",
        filing,
        faults=[(f"f-{name}" if name else "", text) for name, text in faults.items()],
        wrong=faults,
        unmet=[] if verdict.admitted else [it for it in reasons if not it.met],
        stopping=len(stops_before_signing(findings_of(found, judged))),
        checks_url=url_for("filing.checks_page", filing_id=filing.id),
        assess_url=url_for("filing.assess_page", filing_id=filing.id),
        summary=_summary(found, judged),
        commits=found.needs_commitment,
        may_sign=can(Permission.FILING_SIGN),
        signer=signed_in_person().display_name,
        signers=_signers(filing),
        form_key=request.form.get("form_key", "")[:64] or secrets.token_hex(16),
        statements=[_shown(found, it) for it in statements_of(found)],
        scan=_scan(found),
    )


def _scan(found: Working) -> dict[str, object]:
    """The scan of the stamped commitment: whether it is asked for, and what is there of it."""
    held = [it for it in found.evidence_by_row.get((0, ""), ()) if it.kind == SCAN]
    wanted, is_there = scan_wanted(found), scan_is_there(found)
    words = "已上传" if is_there else "必须上传，还没有上传" if wanted else "没有要求，可以不上传"
    return {
        "title": SCAN,
        "tag": ("done" if is_there else "late" if wanted else "neutral", words),
        "wanted": wanted,
        "files": held,
        "url": url_for("filing.row_evidence", filing_id=found.filing.id, place=0, kind=SCAN),
    }


def _shown(found: Working, statement: Statement) -> dict[str, object]:
    """A statement with its box, ticked as it was sent or as it was accepted before."""
    key = f"{statement.id}:{statement.sha256}"
    kept = found.acceptances.get(statement.id)
    accepted: Sequence[str] = request.form.getlist("accept")
    is_accepted = key in accepted or (kept is not None and kept.sha256 == statement.sha256)
    return {"id": statement.id, "key": key, "text": statement.text, "accepted": is_accepted}


def _signers(filing: Filing) -> list[str]:
    """The people who may sign for the enterprise."""
    held = holders_for(filing.plant.uscc)
    return list(dict.fromkeys(name for _, name, role in held if role is Role.SIGNATORY))


def _summary(found: Working, judged: Assessment) -> list[tuple[str, str]]:
    filing = found.filing
    return [
        ("厂区", filing.plant.full_name),
        ("申报", filing.kind.in_year(filing.year)),
        ("申报等级", filing.target),
        ("自评等级", judged.overall or "尚不能确定"),
        ("指标", f"{sum(len(it) for it in judged.results.values())} 项"),
        ("佐证材料", f"{len(found.evidence)} 份"),
    ]
