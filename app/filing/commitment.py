"""承诺书: the statements that an enterprise makes with a filing, each accepted by itself (pure).

No clause gives their words. Ours carry what the clauses say and nothing more: who files answers for
the truth of it (PLAN-FILE), what false material leads to (PLAN-FALSE), and for A, B and 引领性 the
emergency reduction on polluted days (PLAN-FILE, PLAN-EPISODE). A bureau that has words of its own
puts them into ``instance/letters/commitment.toml``; both are 本局设定 and the paper says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.filing.domain import Statement

COMMITMENT = "严格落实重污染天气应急减排承诺书"
DECLARATION = "绩效分级申报真实性声明"
"""What those file who need no commitment: every enterprise answers for the truth (PLAN-FILE)."""
SCAN = "承诺书盖章扫描件"
"""The kind of evidence by which the scan of the stamped paper is known."""
OURS = "{}未规定承诺书的文字，由本系统按其要求拟定；本局可以另行规定（本局设定）。"
"""Where the words come from; the place is the rulebook's, as the filing is judged by it."""
LONGEST, MOST = 600, 20
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_PLACE = re.compile(r"\{([^{}]*)\}")
_DIGITS = "零一二三四五六七八九"


class WordingFault(Exception):
    """The bureau's own words cannot be read; the text says where and how to mend it."""


@dataclass(frozen=True, slots=True)
class Words:
    """A statement as it is written for every filing; ``{…}`` stands for what a filing says."""

    id: str
    text: str
    for_commitment: bool = False
    """Only where a commitment is required, which the declaration of the others does without."""


@dataclass(frozen=True, slots=True)
class Wording:
    """All of them, and where they come from."""

    words: tuple[Words, ...]
    origin: str = ""
    """Empty: ours."""

    def origin_for(self, subject: Subject) -> str:
        """Where the words of that filing's paper come from."""
        return self.origin or OURS.format(subject.rulebook)


@dataclass(frozen=True, slots=True)
class Subject:
    """What of a filing the statements speak of."""

    enterprise: str
    plant: str
    """Number and name: 001 老厂."""
    year: int
    kind: str
    """In words: 首次申报."""
    target: str
    lowest: tuple[str, ...]
    """The lowest grade of each scheme that the filing is judged by."""
    ban_years: int
    commits: bool
    """Whether the target grade asks for a commitment (filing.commitment_grades)."""
    rulebook: str = "规则集"
    """What the filing is judged by, with its status."""
    episode: str = ""
    """What that rulebook says of polluted days (`episode_words`); empty: nothing."""


BUILT_IN = Wording(
    (
        Words(
            "truth",
            "本单位已对照绩效分级指标和生态环境部门有关要求如实开展自评估。{厂区}{年度}年度绩效分级"
            "申报（{类型}，申报等级{申报等级}）填报的内容和所附的佐证材料真实，"
            "本单位对提交材料的真实性负责。",
        ),
        Words(
            "false",
            "本单位知悉：申报过程中隐瞒情况或者提供虚假材料的，一经发现，直接降为最低等级"
            "（{最低等级}），并且自认定之日起{期限}内不得再次申报，申报任何等级都不受理。",
        ),
        Words(
            "episode",
            "本单位承诺按照评定的绩效等级严格落实重污染天气应急减排{应急规定}。",
            for_commitment=True,
        ),
    )
)


def title_of(*, commits: bool) -> str:
    """What stands on top of the paper."""
    return COMMITMENT if commits else DECLARATION


def statements(subject: Subject, wording: Wording = BUILT_IN) -> tuple[Statement, ...]:
    """The statements of a filing in their order."""
    said = _said(subject)
    return tuple(
        Statement(it.id, _PLACE.sub(lambda found: said[found[1]], it.text))
        for it in wording.words
        if subject.commits or not it.for_commitment
    )


def accepted(found: Sequence[Statement], acceptances: Mapping[str, str]) -> frozenset[str]:
    """The ids of those whose very words were accepted; ``acceptances``: id → sha256."""
    return frozenset(it.id for it in found if acceptances.get(it.id) == it.sha256)


def episode_words(heavy: Sequence[str], light: Sequence[str], reduced: Sequence[str]) -> str:
    """What a rulebook with these grades says of polluted days (PLAN-EPISODE)."""
    return (
        f"，并知悉：重污染天气期间，绩效{_grades(heavy)}企业可豁免采取应急减排措施；"
        f"中、轻度污染天气期间，绩效{_grades(light)}企业可豁免采取应急减排措施；"
        f"绩效{_grades(reduced)}企业纳入污染天气应急减排清单和重大活动保障强化减排清单"
    )


def _grades(grades: Sequence[str]) -> str:
    return "、".join(grade_words(it) for it in grades)


def _said(subject: Subject) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "企业": _plain(subject.enterprise),
            "厂区": _plain(subject.plant),
            "年度": str(subject.year),
            "类型": subject.kind,
            "申报等级": grade_words(subject.target),
            "最低等级": "、".join(grade_words(it) for it in dict.fromkeys(subject.lowest)),
            "期限": f"{_years(subject.ban_years)}年",
            "应急规定": subject.episode,
        }
    )


PLACES = ("企业", "厂区", "年度", "类型", "申报等级", "最低等级", "期限", "应急规定")
"""What a bureau's own words may name in braces."""


def grade_words(grade: str) -> str:
    """A级, 引领性."""
    return grade if grade.endswith("性") else f"{grade}级"


def _years(number: int) -> str:
    return _DIGITS[number] if 0 <= number < len(_DIGITS) else str(number)


def _plain(text: str) -> str:
    return "".join(it for it in " ".join(text.split()) if it.isprintable())


def read_wording(content: bytes) -> Wording:
    """The bureau's own words out of ``commitment.toml``. Raises WordingFault.

    ::

        document = "绍环发〔2026〕9号"

        [[statement]]
        id = "truth"
        text = "本单位对{厂区}申报材料的真实性负责。"

        [[statement]]
        id = "episode"
        text = "本单位承诺严格落实重污染天气应急减排。"
        for_commitment = true
    """
    try:
        held = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WordingFault(f"文件不是有效的 TOML（{error}）。请改正写法。") from error
    document, entries = held.get("document"), held.get("statement")
    if not isinstance(document, str) or not document.strip():
        raise WordingFault('没有写明依据的文件。请写 document = "文号或文件名"。')
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST:
        raise WordingFault(f"应有 1 至 {MOST} 条 [[statement]]。请改正。")
    words = tuple(_read_words(number, it) for number, it in enumerate(entries, start=1))
    if len({it.id for it in words}) < len(words):
        raise WordingFault("有两条用了同一个 id。请给每条另取一个。")
    if all(it.for_commitment for it in words):
        raise WordingFault("没有一条适用于全部申报。请至少写一条不带 for_commitment 的真实性声明。")
    return Wording(words, f"文字由本局规定：{_plain(document)}（本局设定）。")


def _read_words(number: int, entry: object) -> Words:
    if not isinstance(entry, dict) or entry.keys() - {"id", "text", "for_commitment"}:
        raise WordingFault(f"第 {number} 条只能写 id、text、for_commitment。请改正。")
    name, text = entry.get("id"), entry.get("text")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise WordingFault(f"第 {number} 条的 id 应为小写字母、数字和短横。请改正。")
    if not isinstance(text, str) or not 1 <= len(_plain(text)) <= LONGEST:
        raise WordingFault(f"第 {number} 条的 text 应为 1 至 {LONGEST} 个字。请改正。")
    unknown = [it for it in _PLACE.findall(text) if it not in PLACES]
    if unknown or "{" in _PLACE.sub("", text) or "}" in _PLACE.sub("", text):
        names = "、".join(f"{{{it}}}" for it in PLACES)
        raise WordingFault(f"第 {number} 条的花括号里只能写 {names}。请改正。")
    limited = entry.get("for_commitment", False)
    if not isinstance(limited, bool):
        raise WordingFault(f"第 {number} 条的 for_commitment 应为 true 或 false。请改正。")
    return Words(name, _plain(text), for_commitment=limited)
