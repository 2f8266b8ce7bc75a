"""Asking every check of a filing (检查): those of the program and those of the bureau's plugins."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.filing.domain import Assessment, CheckFinding, Place, Severity
from app.filing.queries.working import Working, assessment_of, places_of_rows
from app.kernel.entrance import whom_to_tell
from app.kernel.hooks import plugin_manager

log = logging.getLogger(__name__)
BUILT_IN = "built-in:"


def findings_of(working: Working, assessment: Assessment | None = None) -> list[CheckFinding]:
    """What every check finds, errors first, then in the order in which the tables are filled in;
    a warning carries the reason that was given for it."""
    found = _asked(working, assessment or assessment_of(working))
    order = places_of_rows(working.tables)
    return sorted(
        (_with_note(it, working) for it in found),
        key=lambda it: (
            it.severity,
            it.place.table,
            order.get((it.place.table, it.place.row_key), -1),
        ),
    )


def _asked(working: Working, assessment: Assessment) -> Iterator[CheckFinding]:
    """One after the other; where a plugin of the bureau fails, that is what is found."""
    given = {"working": working, "assessment": assessment}
    for check in plugin_manager().hook.filing_checks.get_hookimpls():
        try:
            found: Any = check.function(*(given[name] for name in check.argnames))
            yield from list(found)
        except Exception as fault:
            if check.plugin_name.startswith(BUILT_IN):
                raise
            log.exception("a plugin's check of filing %s failed", working.filing.id)
            text = (
                f"本局的检查插件 {check.plugin_name.removeprefix('plugin:')} 出错"
                f"（{type(fault).__name__}），不能完成检查。请告知{whom_to_tell()}。"
            )
            key = f"failed:{check.plugin_name}"[:160]
            yield CheckFinding(key, Severity.ERROR, Place(0), text)


def _with_note(finding: CheckFinding, working: Working) -> CheckFinding:
    remark = working.remarks.get(finding.key)
    return finding if remark is None else replace(finding, note=remark.note)
