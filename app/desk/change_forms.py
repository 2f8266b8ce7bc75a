"""The forms of changes in the life of a plant (厂区变更), and what each says before it is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from app.desk.typed_forms import Input, TypedForm
from app.registry.change_rules import STAY, Change, ChangeKind, bars_question, free_number
from app.registry.domain import normalised_plant_number, normalised_uscc
from app.registry.queries import PlantOnRecord

OFFERED = (
    ChangeKind.RENAME_ENTERPRISE,
    ChangeKind.RENAME_PLANT,
    ChangeKind.TRANSFER,
    ChangeKind.SPLIT,
    ChangeKind.MERGE,
    ChangeKind.MOVE,
    ChangeKind.CLOSE,
)
"""The kinds that the page of an existing plant offers; a closed one has 撤销关闭 instead."""

EXPLAINED: Mapping[ChangeKind, str] = {
    ChangeKind.RENAME_ENTERPRISE: "企业换了名称，统一社会信用代码不变。"
    "原名称自动记入曾用名，仍可搜索到。",
    ChangeKind.RENAME_PLANT: "厂区换了名称，编号不变。",
    ChangeKind.TRANSFER: "厂区换了经营企业。等级、保持起始日和写明该厂区的违法行为随厂区走。",
    ChangeKind.SPLIT: "从本厂区分出一个新厂区。新厂区未定级，由其自行申报。"
    "等级是否承继，条款未规定：系统不自动承继，确需承继的，另行登记等级并由另一人复核。",
    ChangeKind.MERGE: "本厂区并入同一企业的另一厂区并关闭，其记录留在本厂区名下。"
    "继续存在的厂区保留自己的等级；合并后应定几级，条款未规定，需要变动的另行登记等级。",
    ChangeKind.MOVE: "厂区所在地改属另一区县。等级和各项记录随厂区走。",
    ChangeKind.CLOSE: "厂区不再存在。自生效之日起不列入任何政策清单；登记簿中保留，记录不删除。",
    ChangeKind.REOPEN: "关闭系误登，或者厂区恢复。厂区重新列入政策清单。",
}


def inputs_of(
    kind: ChangeKind,
    taken: frozenset[str],
    siblings: Sequence[PlantOnRecord],
    counties: Mapping[str, str],
    facts: int,
) -> tuple[Input, ...]:
    """The inputs of the form of a kind; ``facts`` is how many the officer has to decide upon."""
    free = free_number(taken)
    county = Input(
        "county", "区县", "choice", required=True, options=tuple(counties.items()), every="请选择"
    )
    own: Mapping[ChangeKind, tuple[Input, ...]] = {
        ChangeKind.RENAME_ENTERPRISE: (Input("name", "新的企业名称", required=True),),
        ChangeKind.RENAME_PLANT: (Input("name", "新的厂区名称", required=True),),
        ChangeKind.TRANSFER: (
            Input("uscc", "受让企业的统一社会信用代码", required=True,
                  hint="18 位，对照营业执照填写。"),
            Input("enterprise_name", "受让企业名称",
                  hint="受让企业尚未登记时填写，随变更一并登记。"),
            Input("number", "在受让企业的厂区编号", required=True,
                  hint="三位数字，受让企业内不重复；受让企业没有厂区的填 001。"),
        ),
        ChangeKind.SPLIT: (
            Input("name", "新厂区名称", required=True),
            Input("number", "新厂区编号", required=True,
                  hint=f"三位数字，企业内不重复，可用 {free}。"),
            county,
            Input("town", "镇街"),
            Input("address", "地址"),
        ),
        ChangeKind.MERGE: (
            Input("survivor_id", "继续存在的厂区", "choice", required=True, every="请选择",
                  options=tuple((str(it.plant_id), f"{it.number} {it.name}") for it in siblings)),
        ),
        ChangeKind.MOVE: (
            county,
            Input("town", "镇街", hint="新区县中的镇街。"),
            Input("address", "地址", hint="留空表示地址不变。"),
        ),
    }  # fmt: skip
    return (
        *own.get(kind, ()),
        *_bars(kind, facts),
        Input("effective_on", "生效日期", "day", required=True,
              hint="今天或以前：立即变更；今天以后：列为预定变更，到日自动生效。"),
        Input("reason", "原因", "long", required=True),
        Input("document", "依据文件", required=True,
              hint="文号或名称，例如准予变更登记通知书的文号。"),
    )  # fmt: skip


def _bars(kind: ChangeKind, facts: int) -> tuple[Input, ...]:
    question = bars_question(kind)
    if question is None:
        return ()
    asked, answers = question
    hint = f"现有 {facts} 条。条款没有规定归谁，由经办人决定，决定列入历史记录。"
    return (
        Input("bars", asked, "choice", required=True, hint=hint,
              options=tuple(answers.items()), every="请选择"),
    )  # fmt: skip


def at_first(kind: ChangeKind, today: date, facts: int) -> dict[str, str]:
    """What the empty form holds; where nothing is on record nothing is left to decide."""
    stays = {"bars": STAY} if bars_question(kind) and not facts else {}
    return {"effective_on": str(today), **stays}


_LONGEST: Mapping[str, int] = {
    "name": 120, "enterprise_name": 120, "town": 60, "address": 200, "document": 100,
    "reason": 1000,
}  # fmt: skip


def read_change(kind: ChangeKind, plant_id: int, form: TypedForm, today: date) -> Change:
    """The change that the form asks for; a missing day is noted, and today stands for it."""
    for name, longest in _LONGEST.items():
        if len(form.text(name)) > longest:
            form.wrong(name, f"内容有 {len(form.text(name))} 个字，超过 {longest} 个字，请缩短")
    day = form.day("effective_on")
    if day is None:
        form.wrong("effective_on", "请填写生效日期")
    survivor = form.chosen("survivor_id")
    return Change(
        kind=kind,
        plant_id=plant_id,
        effective_on=day or today,
        reason=form.text("reason"),
        document=form.text("document"),
        name=form.text("name"),
        number=normalised_plant_number(form.text("number")) if form.text("number") else "",
        county=form.chosen("county"),
        town=form.text("town"),
        address=form.text("address"),
        uscc=normalised_uscc(form.text("uscc")) if form.text("uscc") else "",
        enterprise_name=form.text("enterprise_name"),
        survivor_id=int(survivor) if survivor else None,
        bars=form.chosen("bars"),
    )


def remarks(change: Change, plant: PlantOnRecord, today: date) -> Iterable[str]:
    """What the preview says beside the change itself."""
    if change.effective_on > today:
        yield (
            f"生效日期在今天以后：列为预定变更，{change.effective_on} 自动生效；在此之前可以撤销。"
            "届时登记簿不再允许的，不作变更，并通知经办人。下面的变化按今天的登记推算。"
        )
    elif change.effective_on < today:
        yield (
            "生效日期在今天以前：登记簿自保存时起按新情况显示，"
            "按此前某一时间所知查看时仍显示原情况。"
        )
    if change.kind is ChangeKind.TRANSFER and plant.permit_number:
        yield "排污许可证编号暂不改动，其前 18 位是原企业的代码；换证后请在厂区信息中更新。"
    if change.kind is ChangeKind.SPLIT:
        yield "新厂区的行业暂按原厂区登记，产能、生产线和应急措施请另行填写。"
