"""窗口代录: an officer enters from stamped paper what an enterprise files.

The paper is what the enterprise answers for: its scan is kept with the filing, its signatory is
named by it, and the enterprise is told of every such filing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.accounts.services import Confirmed
from app.approvals.domain import Refused
from app.filing.commitment import SCAN
from app.filing.domain import Kind, State, Way
from app.filing.queries import (
    Filing,
    Submission,
    find_by_form,
    find_submission_by_form,
    submissions_of,
    working,
)
from app.filing.queries.papers import statements_of
from app.filing.services.answering import accept
from app.filing.services.course import changed, enter, held, link_of
from app.filing.services.starting import start
from app.filing.services.submitting import submit
from app.filing.window_checks import is_there
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.transaction import transaction
from app.registry.queries import PlantOnRecord
from app.rulebook.domain import Grade

LONGEST_TITLE, LONGEST_SIGNER, MOST_PAGES = 100, 30, 9999
ON_PAPER = "企业签署人，书面签名盖章，由窗口代录"


@dataclass(frozen=True, slots=True)
class Paper:
    """The stamped paper (盖章的纸质材料) from which a filing is entered."""

    title: str
    signed_on: date
    pages: int

    @property
    def words(self) -> str:
        """As the filing keeps it: 2026-03-02 签章的《绩效分级申报表》，共 12 页."""
        return f"{self.signed_on} 签章的《{self.title}》，共 {self.pages} 页"


def start_at_window(
    plant: PlantOnRecord, year: int, kind: Kind, target: Grade, paper: Paper, *, form_key: str
) -> int:
    """Begin a filing that is entered from paper; returns its id. Raises NotAdmitted, Refused."""
    made = find_by_form(form_key)
    if made is not None:
        return made
    _refuse_unfit(paper, clock.day_of(transaction().moment))
    filing_id = start(plant, year, kind, target, way=Way.WINDOW, at_office=True, paper=paper.words,
                      form_key=form_key)  # fmt: skip
    filing = held(filing_id)
    tell_enterprise(filing, f"窗口正在为贵单位代录申报：{filing.title}",
          f"由{filing.opened_by_name}依据{filing.paper}代录。内容以盖章的纸质材料为准；"
          "与贵单位提交的材料不符的，请立即联系所在区县分局。")  # fmt: skip
    return filing_id


def _refuse_unfit(paper: Paper, today: date) -> None:
    if not 1 <= len(paper.title.strip()) <= LONGEST_TITLE:
        raise Refused(f"请写明依据的纸质材料名称，1 至 {LONGEST_TITLE} 个字。")
    if paper.signed_on > today:
        raise Refused(f"签章日期 {paper.signed_on} 晚于今天。请按纸质材料上的日期填写。")
    if not 1 <= paper.pages <= MOST_PAGES:
        raise Refused(f"页数应为 1 至 {MOST_PAGES}。请按纸质材料填写。")


def submit_at_window(
    filing_id: int,
    confirmed: Confirmed,
    *,
    signer: str,
    accepted: frozenset[str],
    form_key: str,
    paper: Paper | None = None,
) -> Submission:
    """Submit what was entered from paper; ``accepted``: ``id:sha256`` of what the paper states.

    ``paper`` is the stamped one that confirms what came in by a package (离线填报包), or on which a
    correction (补正) stands. Raises what `submit` raises.
    """
    made = find_submission_by_form(form_key)
    filing = held(filing_id)
    name = signer.strip()
    if made is None and filing.state.is_open:
        if not 1 <= len(name) <= LONGEST_SIGNER or not name.isprintable():
            raise Refused(f"请填写在纸质材料上签名的签署人姓名，1 至 {LONGEST_SIGNER} 个字。")
        if filing.way is Way.PACKAGE or filing.state is State.CORRECTING:
            filing = _confirmed_by(filing, paper)
        for it in statements_of(working(filing, clock.day_of(transaction().moment))):
            if f"{it.id}:{it.sha256}" in accepted:
                accept(filing_id, it.id, it.sha256, signer=f"{name}（书面）")
    sent = submit(filing_id, confirmed, form_key=form_key, role=ON_PAPER, signer=name)
    if made is None:
        tell_enterprise(filing, f"窗口已代为提交申报：{filing.title}",
              f"回执编号 {sent.receipt}，签署人{name}，依据{filing.paper}。"
              "请核对所提交的内容；有异议的，请在区县受理前联系窗口或者由签署人撤回。")  # fmt: skip
    return sent


def _confirmed_by(filing: Filing, paper: Paper | None) -> Filing:
    """The filing with the stamped paper by which its signatory confirms it as it now stands.

    What is corrected is signed and stamped again: the first paper says what was wrong.
    """
    today = clock.day_of(transaction().moment)
    if paper is None:
        raise Refused("请写明签名盖章的纸质材料：名称、签章日期和页数；补正的，填写更正后的材料。")
    _refuse_unfit(paper, today)
    sent = submissions_of(filing.id)
    if sent and paper.signed_on < (last := clock.day_of(sent[-1].submitted_at)):
        raise Refused(
            f"签章日期 {paper.signed_on} 早于上次提交的 {last}，不是更正后的材料。"
            "请按更正后重新签名盖章的材料填写。"
        )
    if not is_there(working(filing, today)):
        raise Refused(f"还没有上传{SCAN}，没有提交。请扫描签名盖章的材料（含签署页）后上传。")
    changed(filing, paper=paper.words)
    if filing.paper:
        enter("filing.paper_replaced", filing, {"原依据": filing.paper, "更正后依据": paper.words})
    return held(filing.id)


def tell_enterprise(filing: Filing, title: str, body: str) -> None:
    """Send the enterprise word of what the county does for it."""
    inbox.send(
        MessageKind.NOTICE,
        title,
        Audience(Permission.FILING_WORK, county=filing.county, enterprise_id=filing.enterprise_id),
        link=link_of(filing.id),
        source=f"filing-window:{filing.id}",
        body=body,
    )
