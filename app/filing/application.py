"""申请表: what a plant applies for, on one form, of a draft or of what was submitted (pure).

A, B and 引领性 need it beside the materials and the commitment (PLAN-FILE); the others, who only
assess themselves, get the same form as 自评表. No source holds its layout, which the form says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.filing import record
from app.filing.answers import transport_of, transport_words
from app.filing.commitment import grade_words
from app.filing.record import Json, confirmed_words, kind_words, shown_moment, way_words
from app.kernel.papers import breakable

APPLICATION, ASSESSMENT = "重点行业绩效分级申请表", "重点行业绩效分级自评表"
DRAFT, SUBMITTED = "草稿", "已提交"
NOT_FILLED = "未填写"
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One indicator table and what it comes to."""

    title: str
    basis: str
    """The versions of the table, or that there is none in force."""
    grade: str
    rows: tuple[tuple[str, str, str, str], ...]
    """维度, 指标, 自评等级, numbers of the materials."""


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """Every part by its name, as the templates of Word and PDF read it."""

    title: str
    mark: str
    bureau: str
    plant: Pairs
    industries: tuple[tuple[str, str, str, str], ...]
    """主要 or 参照, industry, GB/T 4754 code, capacity."""
    asked: Pairs
    sheets: tuple[Sheet, ...]
    transport: str
    materials: tuple[tuple[str, str, str, str, str, str], ...]
    """序号, 材料, 文件名, 指标, 涵盖期间, 页数."""
    enterprise: str
    people: Pairs
    foot: str
    """What is printed at the foot of every page: the hash, or that nothing was submitted yet."""
    origin: str

    def values(self) -> dict[str, Any]:
        """As a template reads it."""
        return asdict(self)


def title_of(*, commits: bool) -> str:
    """What stands on top: only A, B and 引领性 apply, the others assess themselves."""
    return APPLICATION if commits else ASSESSMENT


def of_draft(entered: Json, *, commits: bool, bureau: str) -> ApplicationForm:
    """Of what is being filled in (`content.entered`)."""
    people = (
        ("填报人", _names(entered)),
        ("签署人（签名）", ""),
        ("日期", "　　年　　月　　日"),
    )
    return _form(entered, commits, bureau, DRAFT, people, "草稿，尚未签署和提交，内容可能还会修改")


def of_content(content: Json, sha256: str, *, bureau: str) -> ApplicationForm:
    """As it was submitted, from the content that is frozen."""
    signed, moment = content["commitment"], shown_moment(content["submitted_at"])
    people = (
        ("填报人", _names(content)),
        ("签署人", f"{signed['signed_by']}（{signed['role']}），{confirmed_words(content)}"),
        ("提交", f"{moment}　回执编号 {content['receipt']}，第 {content['number']} 版"),
    )
    return _form(content, signed["commits"], bureau, SUBMITTED, people,
                 f"申报原件校验值（SHA-256）：{sha256}")  # fmt: skip


def _names(content: Json) -> str:
    filing = content["filing"]
    return "、".join(filing.get("entered_by") or [filing["opened_by"]])


def _form(
    content: Json, commits: bool, bureau: str, mark: str, people: Pairs, foot: str
) -> ApplicationForm:
    plant = content["plant"]
    return ApplicationForm(
        title=title_of(commits=commits),
        mark=mark,
        bureau=bureau,
        plant=_plant(plant),
        industries=tuple(_industry(it) for it in plant.get("industries", ())),
        asked=_asked(content),
        sheets=tuple(_sheet(it) for it in content["tables"]),
        transport=transport_words(transport_of({**_NO_TRANSPORT, **content["transport"]})),
        materials=_materials(content),
        enterprise=plant["enterprise"],
        people=people,
        foot=foot,
        origin=_origin(content["rulebook"]),
    )


_NO_TRANSPORT = dict.fromkeys(record.TRANSPORT)


def _origin(rules: Json) -> str:
    return (
        f"格式未规定：本系统收录的{rules['title']}（{rules['status']}）没有申请表的格式。"
        "本表的式样由本系统拟定，内容取自本次申报的填报内容（本局设定）。"
    )


def _plant(plant: Json) -> Pairs:
    place = f"{plant.get('county_name', '')}{plant.get('town', '')}".strip()
    until = plant.get("permit_until")
    permit = f"{plant.get('permit_category') or ''}{f'，有效期至 {until}' if until else ''}"
    said = (
        ("企业名称", plant["enterprise"]),
        ("统一社会信用代码", plant["uscc"]),
        ("厂区", f"{plant['number']} {plant['name']}"),
        ("所在地", place or plant["county"]),
        ("厂区地址", plant.get("address")),
        ("法定代表人", plant.get("legal_representative")),
        ("联系人", plant.get("contact")),
        ("联系电话", plant.get("phone")),
        ("排污许可证编号", plant.get("permit")),
        ("许可管理类别和有效期", permit.strip("，")),
    )
    return tuple((name, value or NOT_FILLED) for name, value in said)


def _industry(it: Json) -> tuple[str, str, str, str]:
    capacity = f"{it['capacity']} {it['capacity_unit']}".strip() if it.get("capacity") else ""
    return (
        f"{it['role']}行业",
        it["label"],
        it.get("gbt_code") or NOT_FILLED,
        capacity or NOT_FILLED,
    )


def _asked(content: Json) -> Pairs:
    overall, rules = content["overall"], content["rulebook"]
    return (
        ("申报年度", f"{content['year']} 年度"),
        ("申报类型", kind_words(content)),
        ("申报等级", grade_words(content["target"])),
        ("自评等级", grade_words(overall) if overall else record.OPEN),
        ("规则集", f"{rules['title']}（{rules['status']}）"),
        ("适用指标表的日期", content["judged_on"]),
        ("填报方式", way_words(content)),
    )


def _sheet(table: Json) -> Sheet:
    role = "主要行业" if table["place"] == 1 else "参照行业"
    basis = "；".join(
        f"{it['title']}第 {it['number']} 版{_EXAMPLE if it.get('example') else ''}"
        for it in table["versions"]
    )
    return Sheet(
        f"{role}：{table['label']}",
        f"指标表：{basis}" if basis else "本行业没有施行的指标表，各维度按企业选择的等级和理由填报",
        grade_words(table["grade"]) if table["grade"] else record.OPEN,
        tuple(_row(it) for it in table["rows"]),
    )


_EXAMPLE = "（示例，不是国家或者省的指标表）"


def _row(row: Json) -> tuple[str, str, str, str]:
    if row["state"] == "not-applicable":
        grade = record.NOT_APPLICABLE
    else:
        grade = grade_words(row["grade"]) if row["grade"] else record.OPEN
        grade += "（企业选择）" if row["state"] == "chosen" else ""
    numbers = "、".join(str(no) for no in row["evidence"]) or "—"
    return row["dimension"], breakable(f"{row['key']} {row['title']}"), grade, numbers


def _materials(content: Json) -> tuple[tuple[str, str, str, str, str, str], ...]:
    titles = record.row_titles(content)
    files: Sequence[Json] = content["evidence"]
    return tuple(
        (
            str(it["no"]),
            it["kind"] or "其他材料",
            breakable(it["name"]),
            breakable(titles.get((it["place"], it["row_key"]), it["row_key"]) or "整份申报"),
            record.period_words(it) or "—",
            str(it["pages"] or "—"),
        )
        for it in files
    )
