"""Importing a workbook in one transaction (导入台账): all of it, or nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.kernel import audit
from app.ledger.comparing import Comparison
from app.ledger.examining import OpenedLedger, compare_now
from app.ledger.reading import ProgressCallback
from app.ledger.rules.reach import Importer
from app.ledger.services.applying import apply_changes


class ImportRefused(Exception):
    """Rows are refused, so nothing was written; ``comparison`` says which and how to mend them."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__("有被拒绝的行，没有写入任何内容。请改正后重新导入。")
        self.comparison = comparison


class OutdatedPreview(Exception):
    """The register has changed since the preview, so that something else would be written."""

    def __init__(self) -> None:
        super().__init__(
            "预览之后登记簿已被他人更改，与您确认的内容不同，没有写入任何内容。请重新核对后再确认。"
        )


def import_ledger(
    opened: OpenedLedger,
    importer: Importer,
    progress: ProgressCallback,
    *,
    source: dict[str, Any],
    object_id: object = None,
    previewed: str | None = None,
) -> Comparison:
    """Compare once more and write, inside the current writing transaction.

    One audit entry carries the hash of the change set, the counts and ``source`` (file name, file
    hash). With ``previewed`` only that very change set is written. Nothing to change: nothing is
    written. Raises ImportRefused, OutdatedPreview.
    """
    comparison = compare_now(opened, importer, progress)
    if previewed is not None and (comparison.is_refused or comparison.sha256 != previewed):
        raise OutdatedPreview
    if comparison.is_refused:
        raise ImportRefused(comparison)
    if comparison.is_unchanged:
        return comparison
    apply_changes(comparison, progress)
    detail = {
        **source,
        "变更摘要": comparison.sha256,
        "各表": {
            name: {k: n for k, n in asdict(counts).items() if n}
            for name, counts in comparison.counts.items()
        },
    }
    audit.record(
        "ledger.imported",
        "ledger_import",
        comparison.sha256[:16] if object_id is None else object_id,
        detail,
        county=_only_county(importer),
    )
    return comparison


def _only_county(importer: Importer) -> str | None:
    counties = importer.scope.counties
    return next(iter(counties)) if counties is not None and len(counties) == 1 else None
