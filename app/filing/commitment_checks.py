"""What keeps a commitment (承诺书) from being signed, beside its statements: a plugin."""

from __future__ import annotations

from collections.abc import Iterator

from app.filing.commitment import SCAN
from app.filing.domain import Assessment, CheckFinding, Place, Severity, Way
from app.filing.queries.papers import subject_of, wording_fault
from app.filing.queries.working import Working
from app.kernel.hooks import hookimpl

SETTING = "filing.commitment_scan"
_CLAUSE = "PLAN-FILE"
_MISSING = (
    f"本局要求上传{SCAN}，还没有上传。请在“承诺与提交”下载未签署的承诺书，打印、盖章、签名后扫描，"
    "在同一页上传。"
)


@hookimpl
def filing_checks(working: Working, assessment: Assessment) -> list[CheckFinding]:  # noqa: ARG001
    """Errors while the scan is asked for and not there, or the bureau's words cannot be used."""
    return [*_words(), *_scan(working)]


def _words() -> Iterator[CheckFinding]:
    fault = wording_fault()
    if fault:
        text = f"{fault}请联系所在区县生态环境分局。"
        yield CheckFinding("commitment:words", Severity.ERROR, Place(0), text, _CLAUSE)


def _scan(working: Working) -> Iterator[CheckFinding]:
    if not scan_is_there(working) and scan_wanted(working):
        yield CheckFinding("commitment:scan", Severity.ERROR, Place(0), _MISSING, _CLAUSE)


def scan_is_there(working: Working) -> bool:
    """Whether a scan of the stamped paper was uploaded for this filing, none of an earlier one."""
    return any(
        it.place == 0 and it.kind == SCAN and it.carried_from is None for it in working.evidence
    )


def scan_wanted(working: Working) -> bool:
    """Whether the filing cannot be submitted without the scan."""
    if working.filing.way is Way.WINDOW:  # asks for a scan of its own (`window_checks`)
        return False
    asked = working.rules.parameter(SETTING).value is True
    return asked and subject_of(working).commits
