"""To which filing a package belongs that is carried in at the window (交回填报包)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.filing.offline import MANIFEST
from app.filing.offline_opening import Unfit, manifest_in, open_package
from app.filing.queries.filings import Filing, filing_by_id, find_filing
from app.filing.queries.packages import Package, find_package
from app.kernel.authority import Scope
from app.kernel.canonical import canonical


@dataclass(frozen=True, slots=True)
class Carried:
    """The filing, and whether the package is here or its manifest alone."""

    filing: Filing
    number: str
    is_whole: bool


def carried_by(path: Path, scope: Scope, largest: int) -> Carried:
    """Of the zip or the manifest (填报包清单) at this path. Raises Unfit with why there is none.

    Who holds a manifest that is word for word the one that was issued may be told what stands in
    it, so the sentence names the plant, whosoever it is.
    """
    manifest, is_whole = _manifest(path, largest)
    package = find_package(manifest["number"].upper())
    if package is None or canonical(package.manifest) != canonical(manifest):
        raise Unfit(
            f"没有导出过编号为 {manifest['number'][:40]} 的填报包，或者“{MANIFEST}”被改动。"
            "请用原来的重新压缩；仍然不行的，请重新导出填报包。"
        )
    filing = find_filing(package.filing_id, scope, for_work=True)
    if filing is None:
        raise Unfit(_out_of_reach(package, scope))
    return Carried(filing, package.number, is_whole)


def _manifest(path: Path, largest: int) -> tuple[Any, bool]:
    with path.open("rb") as file:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return manifest_in(path.read_bytes()), False
    opened = open_package(path, largest)
    with opened.archive:
        return opened.manifest, True


def _out_of_reach(package: Package, scope: Scope) -> str:
    """Why an officer cannot import what an enterprise carried in, and who can."""
    plant, own = package.manifest["plant"], package.manifest["filing"]
    whose = (f"这份填报包是为{package.manifest['enterprise']['name']}（{plant['number']} "
             f"{plant['name']}）{own['year']} 年的申报导出的，")  # fmt: skip
    filing = filing_by_id(package.filing_id)
    if filing is not None and Scope(scope.counties).covers(county=filing.county):
        return (
            f"{whose}该申报由企业在网上建立，窗口不能代为导入。"
            "请企业填报人登录后在申报的“离线填报包”中导入。"
        )
    return f"{whose}不在您的权限范围内。请交到该厂区所在的区县窗口。"
