"""重复企业归并, put before a second person: who stays, what moves, whom which fact keeps barring.

A violation or finding that named no plant of the vanishing enterprise barred exactly the plants it
had. On the one that stays it would bar more; so it is recorded once for each of those plants, with
its document, and the old record is annulled. What the staying enterprise has against all of its
plants reaches the plants that come, as after a transfer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.approvals.domain import Kind, Payload, Refused
from app.desk.account_follow import propose_following
from app.desk.consequences import foresee
from app.kernel.authority import EVERYTHING, Permission, Scope
from app.kernel.permissions import scope_for
from app.registry.change_rules import Handover, free_number
from app.registry.domain import name_key
from app.registry.queries import PlantOnRecord, list_plants, numbers_of
from app.registry.services import absorb_enterprise
from app.supervision import services as supervision

KIND_ID = "enterprises.merge"
_ENDINGS = ("有限责任公司", "股份有限公司", "有限公司", "公司", "厂", "浙江省", "绍兴市", "绍兴")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be of one enterprise, and why they are thought so."""

    first: PlantOnRecord
    second: PlantOnRecord
    why: str


def likely_pairs(plants: Iterable[PlantOnRecord]) -> list[Pair]:
    """Enterprises of one name, of names that differ in form only, or of a name borne before."""
    enterprises: dict[int, PlantOnRecord] = {}
    for plant in plants:
        enterprises.setdefault(plant.enterprise_id, plant)
    by_name: dict[str, list[PlantOnRecord]] = {}
    for it in enterprises.values():
        by_name.setdefault(_core(it.enterprise_name), []).append(it)
    found: dict[tuple[int, int], Pair] = {}
    for alike in by_name.values():
        for place, one in enumerate(alike):
            for other in alike[place + 1 :]:
                is_same = name_key(one.enterprise_name) == name_key(other.enterprise_name)
                why = "企业名称相同" if is_same else "企业名称相近"
                found[_key(one, other)] = Pair(one, other, why)
    for it in enterprises.values():
        for former in filter(None, it.former_name.split("；")):
            for other in by_name.get(_core(former), ()):
                if other.enterprise_id != it.enterprise_id:
                    pair = Pair(it, other, "曾用名与另一家的名称相同或相近")
                    found.setdefault(_key(it, other), pair)
    return sorted(found.values(), key=lambda it: (it.first.enterprise_name, it.first.uscc))


def _key(one: PlantOnRecord, other: PlantOnRecord) -> tuple[int, int]:
    first, second = sorted((one.enterprise_id, other.enterprise_id))
    return first, second


def _core(name: str) -> str:
    key = name_key(name)
    for ending in _ENDINGS:
        key = key.replace(ending, "")
    return key or name_key(name)


@dataclass(frozen=True, slots=True)
class Merger:
    """Both enterprises with their plants, as they stand now."""

    gone: tuple[PlantOnRecord, ...]
    stays: tuple[PlantOnRecord, ...]

    @property
    def sentence(self) -> str:
        """What becomes of what, in one sentence."""
        gone, stays = self.gone[0], self.stays[0]
        return (
            f"“{gone.enterprise_name}”（{gone.uscc}）归并到"
            f"“{stays.enterprise_name}”（{stays.uscc}）"
        )

    def numbers(self) -> dict[int, str]:
        """The number each plant that comes will have: its own, or the next free one."""
        taken = set(numbers_of(self.stays[0].enterprise_id))
        found = {}
        for plant in self.gone:
            number = plant.number if plant.number not in taken else free_number(frozenset(taken))
            found[plant.plant_id] = number
            taken.add(number)
        return found

    @property
    def county(self) -> str | None:
        """The one county all plants stand in; None: the city decides."""
        counties = {it.county for it in (*self.gone, *self.stays)}
        return counties.pop() if len(counties) == 1 else None


def merger_of(gone_id: int, stays_id: int) -> Merger:
    """The two enterprises; refused where one has no plant or they are the same."""
    gone = tuple(list_plants(EVERYTHING, enterprise_id=gone_id))
    stays = tuple(list_plants(EVERYTHING, enterprise_id=stays_id))
    if gone_id == stays_id or not gone or not stays:
        raise Refused("两家企业中有一家已经没有厂区，或者已经归并。请返回重新选择。")
    return Merger(gone, stays)


def is_within(merger: Merger, scope: Scope) -> bool:
    """Whether all plants of both lie within the scope."""
    return all(scope.covers(county=it.county) for it in (*merger.gone, *merger.stays))


def carry_out(payload: Payload) -> None:
    """Merge them; the caller is inside the decision of the second person, or rehearses."""
    gone_id, stays_id = int(payload["gone"]), int(payload["stays"])
    merger = merger_of(gone_id, stays_id)
    if payload.get("county") not in (None, merger.county):
        raise Refused("有厂区在提交之后变更了区县。请退回，由市级人员重新提交。")
    reason = str(payload["reason"])
    for plant in merger.gone:
        supervision.hand_on(Handover(gone_id, None, stays_id, plant.plant_id))
    supervision.annul_facts_of_all_plants(gone_id, f"重复企业归并：{reason}")
    absorb_enterprise(
        gone_id,
        stays_id,
        merger.numbers(),
        {it.plant_id: it for it in merger.gone},
        merger.sentence,
        reason,
        str(payload["document"]),
    )
    propose_following(merger.gone[0].uscc, merger.stays[0].uscc, stays_id, merger.sentence)


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    return [
        ("归并", str(payload["sentence"])),
        ("厂区", str(payload["plants"])),
        ("原因", str(payload["reason"])),
        ("依据文件", str(payload["document"])),
    ]


def _preview(payload: Payload) -> tuple[str, Mapping[str, Any]]:
    seen = foresee(lambda: carry_out(payload), scope_for(Permission.REGISTER_EDIT))
    return "desk/_consequences.html", {"consequences": seen}


KIND = Kind(
    id=KIND_ID,
    title="重复企业归并",
    decided_with=Permission.REGISTER_EDIT,
    told=_told,
    carry_out=carry_out,
    preview=_preview,
)
