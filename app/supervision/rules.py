"""What a violation or finding must keep (违法行为与虚假材料的登记规则), typed or imported.

Pure. Each rule yields (field, sentence) for what must be mended; a day that is missing or could
not be read is not judged, because its own fault is already named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from app.kernel.authority import Scope


def violation_faults(
    acted: date | None, decided: date | None, withdrawn: date | None
) -> Iterator[tuple[str, str]]:
    """The act is not later than the decision, a withdrawal not earlier."""
    if acted is not None and decided is not None and acted > decided:
        yield "acted_on", f"行为日期 {acted} 晚于决定日期 {decided}，请核对这两个日期"
    yield from withdrawal_faults(withdrawn, decided, "决定日期")


def finding_faults(found: date | None, withdrawn: date | None) -> Iterator[tuple[str, str]]:
    """A withdrawal is not earlier than the finding."""
    yield from withdrawal_faults(withdrawn, found, "认定日期")


def withdrawal_faults(
    withdrawn: date | None, decided: date | None, name: str
) -> Iterator[tuple[str, str]]:
    """A fact cannot be withdrawn before it was decided; ``name`` is what its day is called."""
    if withdrawn is not None and decided is not None and withdrawn < decided:
        yield "withdrawn_on", f"撤销日期 {withdrawn} 早于{name} {decided}，请核对这两个日期"


def reaches_all(scope: Scope, counties: Iterable[str]) -> bool:
    """Whether one may act on a fact that holds in all of these counties.

    What holds for a whole enterprise is for a county only where every plant of it is the county's.
    """
    return all(scope.covers(county=county) for county in counties)
