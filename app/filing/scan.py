"""The scan of the stamped commitment (承诺书盖章扫描件), where the bureau asks for one."""

from __future__ import annotations

from app.filing.commitment import SCAN
from app.filing.domain import Assessment, CheckFinding, Place, Severity
from app.filing.queries.papers import subject_of
from app.filing.queries.working import Working
from app.kernel.hooks import hookimpl

SETTING = "filing.commitment_scan"
_MISSING = (
    f"本局要求上传{SCAN}，还没有上传。请在“承诺与提交”下载未签署的承诺书，打印、盖章、签名后扫描，"
    f"作为整份申报的附件上传，材料名称选“{SCAN}”。"
)


def scan_wanted(working: Working) -> bool:
    """Whether the filing cannot be submitted without the scan."""
    asked = working.rules.parameter(SETTING).value is True
    return asked and subject_of(working).commits


@hookimpl
def filing_checks(working: Working, assessment: Assessment) -> list[CheckFinding]:  # noqa: ARG001
    """An error while the scan is asked for and not there."""
    there = any(it.place == 0 and it.kind == SCAN for it in working.evidence)
    if there or not scan_wanted(working):
        return []
    return [CheckFinding("commitment:scan", Severity.ERROR, Place(0), _MISSING, "PLAN-FILE")]
