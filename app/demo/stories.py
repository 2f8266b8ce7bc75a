"""The story plants (示例故事): each shows one rule and is found by the words in its name.

The table is :data:`STORIES`: what the enterprise is called after 示例·, what it shows, and what is
entered for it. All days are counted from the day the demo is loaded, so each stays true then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

from app.demo.builder import DemoRegister
from app.demo.county import POLLUTANTS, add_lines
from app.kernel.periods import day_after, last_day_of, months_before
from app.upgrading.services import ProjectEntry

Plants: TypeAlias = Sequence[int]


@dataclass(frozen=True, slots=True)
class Story:
    """One enterprise and what it shows; ``trade`` is an industry of the catalogue."""

    title: str
    shows: str
    tell: Callable[[DemoRegister, Plants], None]
    place: str = "柯桥区"
    trade: tuple[str, str] = ("industrial-coating", "")
    plants: int = 1
    state: str = "正常"
    livelihood: bool = False


def add_stories(register: DemoRegister) -> None:
    """Add every story's enterprise, plants and facts."""
    for story in STORIES:
        place, trade = register.places[story.place], register.trade(*story.trade)
        enterprise = register.enterprise(f"示例·{story.title}有限公司", place)
        plants = [
            register.plant(
                enterprise,
                place,
                trade,
                number=number,
                name=f"{'一二三'[number - 1]}厂区",
                state=story.state,
                livelihood=story.livelihood,
            )
            for number in range(1, story.plants + 1)
        ]
        register.story_plants[story.title] = plants
        story.tell(register, plants)


# --- false material (虚假材料) ------------------------------------------------------------------


def _ban_running(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(400))
    register.finding(plants[0], register.ago(120))


def _ban_over_but_low(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(800))
    register.finding(plants[0], register.ago(430))


def _lifted_by_record(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(900))
    register.finding(plants[0], register.ago(600))
    register.grade(plants[0], "C", register.ago(200))


def _leap_day(register: DemoRegister, plants: Plants) -> None:
    found = _last_leap_day(register.ago(420))
    register.grade(plants[0], "B", found - timedelta(days=200))
    register.finding(plants[0], found)
    register.grade(plants[0], "C", day_after(last_day_of(found, years=1)))


def _last_leap_day(before: date) -> date:
    day = before
    while (day.month, day.day) != (2, 29):
        day -= timedelta(days=1)
    return day


def _finding_withdrawn(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(300))
    register.finding(plants[0], register.ago(200), withdrawn_on=register.ago(60))


def _whole_enterprise_false(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(500))
    register.grade(plants[1], "C", register.ago(500))
    register.finding(plants[0], register.ago(80), whole=True)


def _unknown_scheme(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(500))
    register.finding(plants[0], register.ago(70))


def _leading_false(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "引领性", register.ago(500))
    register.finding(plants[0], register.ago(90))


# --- violations (违法行为) ----------------------------------------------------------------------


def _blocked_this_year(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(300))
    register.violation(plants[0], register.this_year(40))


def _last_years_violation(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(300))
    register.violation(plants[0], date(register.today.year - 1, 12, 20))


def _violation_withdrawn(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(300))
    register.violation(plants[0], register.this_year(100), withdrawn_on=register.this_year(20))


def _other_kind(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(300))
    register.violation(plants[0], register.this_year(30), "其他")


def _whole_enterprise_blocked(register: DemoRegister, plants: Plants) -> None:
    for plant in plants:
        register.grade(plant, "B", register.ago(250))
    register.violation(plants[0], register.this_year(50), "逃避监管排放", whole=True)


def _at_the_window_edge(register: DemoRegister, plants: Plants) -> None:
    edge = months_before(register.today, 36)
    register.grade(plants[0], "B", register.ago(300))
    register.violation(plants[0], edge)
    register.violation(plants[0], day_after(edge))


def _acted_last_year(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(300))
    acted = date(register.today.year - 1, 11, 30)
    register.violation(plants[0], register.this_year(15), acted_on=acted)


# --- grade records (等级) -----------------------------------------------------------------------


def _ended_for_good(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "C", register.ago(900))
    register.grade(plants[0], "B", register.ago(400), register.ago(35))


def _same_day(register: DemoRegister, plants: Plants) -> None:
    day = max(register.ago(180), date(2026, 1, 13))
    register.grade(plants[0], "B", day)
    register.grade_by_nation(plants[0], "C", day)


def _provisional(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "C", register.ago(700))
    start = register.ago(100)
    register.grade(plants[0], "B", start, months_before(start, -6), note="，暂定半年")


def _renewed_each_year(register: DemoRegister, plants: Plants) -> None:
    present = register.ago(90)
    for year in (2, 1, 0):
        start, until = months_before(present, 12 * year), months_before(present, 12 * (year - 1))
        register.grade(plants[0], "A", start, until, source="核定" if year == 2 else "复核")


def _top_level(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "A", register.ago(900))
    register.grade_by_nation(plants[0], "A+", register.ago(60))


def _b_minus(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B-", register.ago(150))


def _leading(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "引领性", register.ago(220))


def _never_graded(register: DemoRegister, plants: Plants) -> None:
    register.inspection(plants[0], register.ago(25))


def _two_plants(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "A", register.ago(240))
    register.grade(plants[1], "C", register.ago(240))


def _several_industries(register: DemoRegister, plants: Plants) -> None:
    register.industry(plants[0], register.trade("casting"), "参照")
    register.grade(plants[0], "C", register.ago(130), note="，工业涂装评 A 级、铸造评 C 级，按最低")


def _corrected(register: DemoRegister, plants: Plants) -> None:
    fact = register.grade(plants[0], "B", register.ago(210))
    fact.corrected = replace(fact.entry, grade="B-")
    fact.corrected_on = register.ago(40)


def _renamed(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "C", register.ago(600))
    fact = register.enterprises[register.plants[plants[0]].enterprise_id]
    former = "示例·旧名机械有限公司"
    fact.corrected, fact.corrected_on = replace(fact.entry, former_name=former), register.ago(30)
    fact.entry = replace(fact.entry, name=former)


def _found_short(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(260))
    register.inspection(plants[0], register.ago(12), "抽查", actual="C")


# --- projects, rights, states -------------------------------------------------------------------


def _project(register: DemoRegister, plant: int, kind: str, *, new: bool, lagging: bool) -> str:
    started = register.ago(400)
    name = f"示例{kind}项目"
    register.project(
        ProjectEntry(
            plant_id=plant,
            name=name,
            kind=kind,
            new_enterprise=new,
            eia_document=register.document("审", started),
            eia_grade="B",
            started_on=started,
            completed_on=register.ago(60) if lagging else None,
            upgrade_started_on=register.ago(250) if lagging else None,
        )
    )
    return name


def _new_enterprise(register: DemoRegister, plants: Plants) -> None:
    name = _project(register, plants[0], "新建", new=True, lagging=False)
    register.grade(plants[0], "B", register.ago(30))
    for pollutant in POLLUTANTS:
        register.application(plants[0], pollutant, "6.500", register.this_year(90), name)


def _upgrade_lags(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "D", register.ago(700))
    name = _project(register, plants[0], "扩建", new=False, lagging=True)
    register.application(plants[0], "VOCs", "3.250", register.this_year(70), name)


def _livelihood(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "C", register.ago(320))


def _stopped(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "B", register.ago(320))


def _measures(register: DemoRegister, plants: Plants) -> None:
    register.grade(plants[0], "C", register.ago(320))
    add_lines(register, plants[0], "C")


CEMENT_MILL, CEMENT_KILN = ("cement", "独立粉磨站"), ("cement", "熟料")
CASTING, DYEING = ("casting", "铸件"), ("dyeing-finishing", "")

STORIES = (
    Story("禁止申报期内", "认定虚假材料后直接降为最低等级，一年内不得申报", _ban_running,
          trade=CASTING),
    Story("禁止申报期满仍为最低", "禁止申报期届满不自动恢复等级", _ban_over_but_low, trade=CASTING),
    Story("期满重新核定", "禁止申报期满后生效的等级取代最低等级", _lifted_by_record,
          trade=CASTING),
    Story("闰日认定", "2 月 29 日认定的，禁止申报期至次年 2 月 28 日", _leap_day, trade=CASTING),
    Story("认定已撤销", "撤销后视同未认定，原等级恢复", _finding_withdrawn, trade=CASTING),
    Story("全企业虚假材料", "认定未注明厂区的，两个厂区都降为最低等级",
          _whole_enterprise_false, place="越城区", plants=2),
    Story("方案未核实的最低等级", "行业等级方案未知，最低等级按 D 级并标未核实",
          _unknown_scheme, trade=DYEING),
    Story("粉磨站虚假材料", "引领性行业的最低等级是非引领性", _leading_false, trade=CEMENT_MILL),
    Story("当年受罚", "当年有五类违法行为，不得申报，不列入正面清单", _blocked_this_year),
    Story("上年受罚", "上年的违法行为不影响当年申报，仍计入近 36 个月次数",
          _last_years_violation),
    Story("处罚已撤销", "撤销的处罚自撤销日起不计", _violation_withdrawn),
    Story("其他违法", "其他类违法行为不在不得申报之列", _other_kind),
    Story("全企业受罚", "处罚未注明厂区的，两个厂区都受影响", _whole_enterprise_blocked,
          place="诸暨市", plants=2),
    Story("三十六个月边界", "恰满 36 个月的不计，晚一日的计入", _at_the_window_edge),
    Story("上年行为当年处罚", "按决定日期还是行为日期认定年度，取决于设置", _acted_last_year),
    Story("到期不复旧级", "等级失效后为未定级，较早的等级不恢复", _ended_for_good),
    Story("同日两条等级", "同日生效的两条等级，以后登记的为准", _same_day),
    Story("暂定等级", "暂定半年的 B 级，到期日已登记", _provisional, place="上虞区"),
    Story("逐年更新", "A 级每年更新，自首次起不间断保持", _renewed_each_year, place="上虞区"),
    Story("卓越标杆", "A+ 级只在国家指导意见下授予，由生态环境部遴选", _top_level,
          place="上虞区"),
    Story("评为B减", "B 级包含 B-，排在 B 之后", _b_minus, place="嵊州市"),
    Story("引领性粉磨站", "引领性排在 A 之后、B 之前（本局设定）", _leading, place="诸暨市",
          trade=CEMENT_MILL),
    Story("从未定级", "没有等级记录的为未定级", _never_graded, place="新昌县"),
    Story("一厂一册", "同一企业两个厂区分别为 A 级、C 级，各自评定", _two_plants,
          place="新昌县", plants=2),
    Story("交叉行业", "主要行业与参照行业综合评定，按最低等级", _several_industries,
          place="嵊州市"),
    Story("登记更正", "40 天前由 B 更正为 B-，按当时所知仍见 B", _corrected, place="嵊州市"),
    Story("企业更名", "更名后用旧名仍能找到", _renamed, place="新昌县"),
    Story("抽查不符", "抽查结论不符合，降级须另行登记等级", _found_short, place="越城区"),
    Story("新办企业", "新办企业的项目不在差异化保障范围，由本局另行决定", _new_enterprise,
          place="滨海新区（示例）"),
    Story("以新带老滞后", "最低等级企业扩建，既有部分提升未同步完成", _upgrade_lags,
          place="滨海新区（示例）"),
    Story("民生保障", "民生保障类只作提示，不是入选条件", _livelihood, trade=CASTING,
          livelihood=True),
    Story("长期停产", "生产状态只作提示，不是入选条件", _stopped, state="长期停产"),
    Story("应急措施", "熟料企业三级预警的减排措施", _measures, place="诸暨市",
          trade=CEMENT_KILN),
)  # fmt: skip
"""Every story, in the order of the rules they show."""
