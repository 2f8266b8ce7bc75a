"""The blueprint of 申报, and what every page of one filing shares: whose it is, its parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, abort, request, url_for
from werkzeug import Response

from app.accounts.queries import list_bureaus
from app.filing.domain import COURSE, CheckFinding, State, Way
from app.filing.plant_changed import PlantChanged, is_changed, plant_changed
from app.filing.queries import Filing, find_filing, submissions_of
from app.filing.record import UnreadableContent
from app.kernel import clock, htmx
from app.kernel.authority import Permission, Scope
from app.kernel.permissions import can, scope_for
from app.kernel.web import page

blueprint = Blueprint("filing", __name__, url_prefix="/filing", template_folder="../templates")

_TAG_KINDS = {
    State.DRAFT: "soon",
    State.SUBMITTED: "done",
    State.CORRECTING: "late",
    State.WITHDRAWN: "neutral",
    State.DISCARDED: "neutral",
    State.CLOSED: "neutral",
}
PACKAGES = Way.PACKAGE.words
_PARTS = (
    ("概况", ("overview", "withdraw_filing", "discard_filing")),
    ("自评", ("assess_page", "save_sheet", "save_row", "transport_page", "save_transport")),
    ("等级和指标表", ("tables_page", "set_target", "choose_tables", "take_newer")),
    ("材料", ("materials",)),
    (PACKAGES, ("package_page", "export_package", "upload_package", "arrival_page")),
    ("检查", ("checks_page", "remark")),
    ("承诺与提交", ("submit_page", "submit_filing", "window_submit_page", "window_submit")),
)
"""The parts of a filing: the first name is its page, the others are answered with it too."""
_WHILE_OPEN = frozenset({"等级和指标表", PACKAGES, "检查", "承诺与提交"})
"""What there is nothing to see of once a filing is settled."""


@blueprint.errorhandler(UnreadableContent)
def cannot_be_read(fault: Exception) -> tuple[str, int]:
    """What was submitted is not in a format that is known here: say so (409)."""
    back_url = url_for(f"filing.{'home' if can(Permission.FILING_WORK) else 'submission_list'}")
    return page("filing/unreadable.html", sentence=str(fault), back_url=back_url), 409


def state_tag(state: State) -> tuple[str, str]:
    """The state of a filing as a tag: kind and word."""
    return _TAG_KINDS[state], state.words


def filing_or_404(filing_id: int) -> Filing:
    """A filing of the person's own enterprise, or begun at the window; 404 for any other."""
    scope = scope_for(Permission.FILING_ENTER)
    found = find_filing(filing_id, scope)
    if found is not None and not found.at_office:
        found = found if found.enterprise_id in scope.enterprises else None
    if found is None:
        abort(404, "没有这件申报，或者不属于本企业。请从“申报”首页选择。")
    return found


def open_filing_or_409(filing_id: int) -> Filing:
    """The same, to be worked on; 409 when it is not open for entries (any more)."""
    found = filing_or_404(filing_id)
    if not found.state.is_open:
        abort(
            409,
            f"这件申报{COURSE.states[found.state]}，内容已经固定，不能再修改。"
            "需要修改的，请先在“概况”中撤回，或等待退回补正。",
        )
    if not may_enter(found):
        abort(409, AT_THE_WINDOW)
    return found


AT_THE_WINDOW = (
    "这件申报由区县窗口依据盖章的纸质材料代录，不能在网上修改。"
    "需要改动的，请把盖章的更正材料交到窗口。"
)


def may_enter(filing: Filing) -> bool:
    """Whether the person makes the entries: what is entered from paper only officers do."""
    if filing.way is not Way.WINDOW and filing.enterprise_id in _entering().enterprises:
        return True
    return enters_at_office(filing)


def enters_at_office(filing: Filing) -> bool:
    """Whether an officer makes the entries, in a filing that the county began."""
    return filing.at_office and Scope(_entering().counties).covers(county=filing.county)


def _entering() -> Scope:
    return scope_for(Permission.FILING_ENTER)


def is_at_window(filing_id: int) -> bool:
    """Whether an officer works on this filing at the window."""
    return find_filing(filing_id, scope_for(Permission.FILING_WINDOW), for_work=True) is not None


def to_window(filing: Filing) -> Response:
    """Where an officer submits a filing for its enterprise; for the enterprise its overview."""
    where = "window_submit_page" if enters_at_office(filing) else "overview"
    return htmx.htmx_redirect(url_for(f"filing.{where}", filing_id=filing.id))


def filing_page(template: str, filing: Filing, /, **context: Any) -> str:
    """A page of a filing, with its parts as tabs."""
    return page(f"filing/{template}.html", **{**around(filing), **context})


def around(filing: Filing) -> dict[str, Any]:
    """What every page of a filing and every part of one shows."""
    return {
        "filing": filing,
        "state_tag": state_tag(filing.state),
        "may_work": filing.state.is_open and may_enter(filing),
        "banners": _told_of_plant(filing),
        "home_url": url_for(
            "filing.home" if can(Permission.FILING_WORK) else "filing.submission_list"
        ),
        "home_words": home_words(),
        "parts": [
            (
                label,
                url_for(f"filing.{names[0]}", filing_id=filing.id),
                request.endpoint in {f"filing.{it}" for it in names},
            )
            for label, names in _PARTS
            if (filing.state.is_open or label not in _WHILE_OPEN)
            and (filing.way is not Way.WINDOW or label != PACKAGES)
        ],
    }


def home_words() -> str:
    """What the person calls the page from which filings are reached."""
    return "申报" if can(Permission.FILING_WORK) else "企业申报"


def plant_changed_under(filing: Filing) -> PlantChanged | None:
    """What became of the plant since the filing began, as far as it concerns the filing."""
    today = clock.today()
    if not is_changed(filing, today):
        return None
    counties = {it.code: it.name for it in list_bureaus("county")}
    return plant_changed(filing, today, counties, was_submitted=bool(submissions_of(filing.id)))


def _told_of_plant(filing: Filing) -> list[dict[str, str]]:
    """What changed, on every page of the filing; with the way to what can be done."""
    found = plant_changed_under(filing)
    if found is None:
        return []
    told = {"kind": "late" if found.stops else "neutral", "text": found.text}
    overview = url_for("filing.overview", filing_id=filing.id)
    if found.stops and may_enter(filing) and request.endpoint != "filing.overview":
        told |= {"url": overview, "link": "去办理"}
    return [told]


@blueprint.app_template_global()
def filing_sections() -> list[tuple[str, str, bool]]:
    """The parts of 企业申报 for officers: words, address, whether it is this one."""
    if can(Permission.FILING_WORK):
        return []
    parts = [("申报受理", "submission_list"), ("年度更新", "renewal_list")]
    if can(Permission.FILING_WINDOW):
        parts += [("窗口代录", "window_page"), ("交回填报包", "carrying_page")]
    parts.append(("申报期", "period_list"))
    here = _SECTION_OF.get(request.endpoint or "", request.endpoint)
    return [(words, url_for(f"filing.{name}"), here == f"filing.{name}") for words, name in parts]


_SECTION_OF = {"filing.carry_in": "filing.carrying_page"}
"""Answered with the page of another address."""


def stops_before_signing(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    """What has to be done before the commitment is signed; accepting it is part of signing."""
    return [it for it in findings if it.stops and it.place.field != COMMITMENT]


COMMITMENT = "commitment"
"""The field under which checks name the statements that are not accepted yet."""
