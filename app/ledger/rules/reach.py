"""Who may bring which rows (导入权限与范围)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.accounts.domain import Actor
from app.kernel.authority import EVERYTHING, Permission, Scope
from app.ledger.matching import Matched, MatchedRow
from app.ledger.problems import Level, problem
from app.ledger.register import EnterpriseKey, PlantKey
from app.ledger.rules.after import PlantAfter
from app.ledger.sheets import SHEETS, Subject
from app.supervision.rules import reaches_all


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports: how far, and how far for decisions (等级、虚假材料、排污权储备)."""

    name: str
    user_id: int | None
    scope: Scope
    decisions: Scope | None

    @property
    def may_everything(self) -> bool:
        """Whether no row can be out of reach."""
        decides = self.decisions is not None and self.decisions.is_everything
        return self.scope.is_everything and decides

    @property
    def is_system(self) -> bool:
        """Whether nobody was named: allowed to fill an empty register only."""
        return self.user_id is None


SYSTEM = Importer("系统", None, EVERYTHING, EVERYTHING)


def importer_of(actor: Actor) -> Importer | None:
    """The person as an importer; None when they may not import."""
    scope = actor.scope_of(Permission.LEDGER_IMPORT)
    if scope is None:
        return None
    decisions = actor.scope_of(Permission.LEDGER_IMPORT_DECISIONS)
    return Importer(actor.display_name, actor.user_id, scope, decisions)


def check_reach(
    matched: Matched, importer: Importer, plants: Mapping[PlantKey, PlantAfter]
) -> None:
    """Refuse what the importer may not enter: other counties' rows, and decisions of others.

    A row that repeats the register is let pass where the person may see it, so that an exported
    workbook can be handed in again with one cell mended.
    """
    reach = _Reach(matched, plants)
    for spec in () if importer.may_everything else SHEETS:
        for found in matched.of(spec.name):
            if (why := _why_refused(found, importer, reach)) is not None:
                field = "level" if spec.subject is Subject.NOBODY else "uscc"
                matched.ledger.refuse(found.row, field, why)
    if importer.is_system and not matched.register.is_empty and _would_change(matched):
        matched.ledger.problems.append(
            problem(
                Level.REFUSED,
                "",
                None,
                "",
                "登记簿中已有内容，不能再以系统身份导入，请用 --by 指明导入人",
            )
        )


def _would_change(matched: Matched) -> bool:
    return any(not found.is_same for spec in SHEETS for found in matched.of(spec.name))


def _why_refused(found: MatchedRow, importer: Importer, reach: _Reach) -> str | None:
    """Why the importer may not enter the row: the one reason that mending must begin with."""
    decides = found.spec.decision and not found.is_same
    if decides and importer.decisions is None:
        return (
            f"“{found.spec.name}”须由该区县负责人或市局导入，您没有这项权限，"
            "请删去这一行，或由有权限的人导入"
        )
    if found.spec.subject is Subject.NOBODY or not found.is_known:
        return None
    counties = reach.counties_of(found)
    if not _is_in_reach(found, importer.scope, counties, reach):
        return _out_of_reach(found, reach.is_visible(found, importer.scope))
    if decides and importer.decisions and not reaches_all(importer.decisions, counties):
        whole = found.plant is None and found.spec.subject is Subject.EITHER
        where = "该企业各厂区所在的全部区县" if whole else "该厂区所在的区县"
        return (
            f"“{found.spec.name}”须由{where}的负责人或市局导入，您不是那里的负责人，"
            "请删去这一行，或由有权限的人导入"
        )
    return None


def _is_in_reach(found: MatchedRow, scope: Scope, counties: list[str], reach: _Reach) -> bool:
    if found.is_same and reach.is_visible(found, scope):
        return True
    if found.spec.subject is Subject.ENTERPRISE:
        return not counties or any(scope.covers(county=county) for county in counties)
    return reaches_all(scope, counties)


def _out_of_reach(found: MatchedRow, is_visible: bool) -> str:
    if found.spec.subject is Subject.ENTERPRISE:
        return "该企业的厂区都不在您的区县，请删去这一行，由所在区县或市局导入"
    if found.plant is None and is_visible:
        return (
            "这一行适用于企业全部厂区，而该企业有厂区不在您的区县，"
            "请填写您区县内的厂区编号，或由市局导入"
        )
    if is_visible:
        return "这一行的厂区现在或按本工作簿改动后不在您的区县，请核对区县代码，或由市局导入"
    return "这一行的厂区不在您的区县，请删去这一行，由所在区县或市局导入"


class _Reach:
    """In which counties a row has effect."""

    def __init__(self, matched: Matched, plants: Mapping[PlantKey, PlantAfter]) -> None:
        self._plants = plants
        self._standing = matched.register.places
        self._of_enterprise: dict[EnterpriseKey, list[PlantKey]] = {}
        for plant, it in plants.items():
            if it.owner is not None:
                self._of_enterprise.setdefault(it.owner, []).append(plant)

    def counties_of(self, found: MatchedRow) -> list[str]:
        """The counties, before and after, of the row's plant, or of all of its enterprise's."""
        if found.plant is not None:
            return self._counties([found.plant])
        if found.enterprise is None:
            return []
        return self._counties(self._of_enterprise.get(found.enterprise, []))

    def is_visible(self, found: MatchedRow, scope: Scope) -> bool:
        """Whether the person sees this fact: its enterprise has a plant of theirs."""
        if found.enterprise is None:
            return False
        plants = self._of_enterprise.get(found.enterprise, [])
        own = [found.plant] if found.plant is not None else plants
        return any(scope.covers(county=county) for county in self._counties(own))

    def _counties(self, plants: list[PlantKey]) -> list[str]:
        found: list[str] = []
        for plant in plants:
            after = self._plants[plant].county if plant in self._plants else None
            before = self._standing[plant].county if isinstance(plant, int) else None
            found += [county for county in (before, after) if county is not None]
        return found
