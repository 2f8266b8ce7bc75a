"""What a filing entered at the window (窗口代录) needs besides: the stamped scan; a plugin."""

from __future__ import annotations

from app.filing.commitment import SCAN
from app.filing.domain import Assessment, CheckFinding, Place, Severity, Way
from app.filing.queries.filings import submissions_of
from app.filing.queries.working import Working
from app.kernel.hooks import hookimpl

FIELD = "scan"
"""Of a finding that is mended where the filing is submitted."""
_MISSING = (
    f"窗口代录的申报以企业签名盖章的纸质材料为准，还没有上传{SCAN}。"
    "请扫描纸质材料（含签署页），在“承诺与提交”中上传。"
)


@hookimpl
def filing_checks(working: Working, assessment: Assessment) -> list[CheckFinding]:  # noqa: ARG001
    """An error while the signatory's confirmation, which is the scan, is not there."""
    if working.filing.way is not Way.WINDOW or is_there(working):
        return []
    return [CheckFinding("window:scan", Severity.ERROR, Place(0, field=FIELD), _MISSING,
                         "PLAN-FILE")]  # fmt: skip


WRITTEN = frozenset({"docx", "xlsx"})
"""What anybody can alter is no scan."""


def is_there(working: Working) -> bool:
    """Whether the scan of this very paper was uploaded: none of another year, none from before
    the filing came back to be corrected."""
    sent = submissions_of(working.filing.id) if working.submissions else []
    return any(
        it.place == 0 and it.kind == SCAN and it.media not in WRITTEN
        and it.carried_from is None
        and (not sent or it.added_at > sent[-1].submitted_at)
        for it in working.evidence
    )  # fmt: skip
