"""What a change of the register does to a plant, in words (变动后果): pure, from before and after.

Both pictures are taken as known now, one without and one with the change. What is told holds from
the day on which it is told; that earlier days are derived anew as well is said in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.grades.domain import Interval, Standing
from app.rulebook.domain import Grade, GradeOrder

__all__ = [
    "Difference",
    "Secured",
    "application_sentences",
    "differences",
    "rank_sentence",
    "standing_sentences",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch of days ``from_on ≤ day < until_on`` (None: open) on which something differs."""

    from_on: date
    until_on: date | None
    before: Any
    after: Any

    @property
    def last_day(self) -> date | None:
        """Its last day, None where it is open."""
        return None if self.until_on is None else self.until_on - timedelta(days=1)


def differences(
    before: Sequence[Interval], after: Sequence[Interval], read: Callable[[Standing], object]
) -> list[Difference]:
    """Where ``read`` of the standings differs, in order, neighbours of the same kind joined.

    A plant without intervals (not yet, or no longer, on record) has no standing: None.
    """
    found: list[Difference] = []
    days = sorted({it.from_on for it in (*before, *after)})
    ends: list[date | None] = [*days[1:], None]
    for day, end in zip(days, ends, strict=True):
        was, becomes = _read_on(before, day, read), _read_on(after, day, read)
        last = found[-1] if found else None
        if was == becomes:
            continue
        if last and (last.until_on, last.before, last.after) == (day, was, becomes):
            found[-1] = Difference(last.from_on, end, was, becomes)
        else:
            found.append(Difference(day, end, was, becomes))
    return found


def _read_on(
    course: Sequence[Interval], day: date, read: Callable[[Standing], object]
) -> object | None:
    for it in course:
        if it.from_on <= day and (it.until_on is None or day < it.until_on):
            return read(it.standing)
    return None


def standing_sentences(
    before: Sequence[Interval], after: Sequence[Interval], on: date, order: GradeOrder
) -> list[str]:
    """What changes in a plant's standing from the day on; empty when nothing does."""
    grades = differences(before, after, lambda it: (it.grade, it.verified))
    bans = differences(before, after, lambda it: it.banned_until)
    blocks = differences(before, after, lambda it: it.blocked)
    told = [
        *_grade_sentences(_from(grades, on), on, order, after),
        *_ban_words(_from(bans, on)),
        *(_block_words(it, on) for it in _from(blocks, on)),
        *_count_words(differences(before, after, lambda it: it.violations_36m), on),
        *_held_words(differences(before, after, lambda it: it.held_since), grades, on),
    ]
    told += _book_words(before, after, on)
    past = [it for it in (*grades, *bans, *blocks) if it.from_on < on]
    if past:
        first = min(it.from_on for it in past)
        when = "今天以前" if first == date.min else f"{first} 至今天以前"
        told.append(f"{when}的情况也按现在所知重新推算，已签发的清单不改写。")
    return told


def _from(found: Sequence[Difference], on: date) -> list[Difference]:
    return [it for it in found if it.until_on is None or it.until_on > on]


def _grade_sentences(
    found: Sequence[Difference], on: date, order: GradeOrder, after: Sequence[Interval]
) -> Iterator[str]:
    """One sentence for each stretch of one new grade, whatever it was to be instead meanwhile."""
    stretches: list[list[Difference]] = []
    for it in found:
        last = stretches[-1][-1] if stretches else None
        if last is not None and (last.until_on, last.after) == (it.from_on, it.after):
            stretches[-1].append(it)
        else:
            stretches.append([it])
    for first, *others in stretches:
        end = others[-1].until_on if others else first.until_on
        whole = Difference(first.from_on, end, first.before, first.after)
        instead = "，".join(f"{it.from_on} 起{_was_to_be(it.before)}" for it in others)
        told = _grade_words(whole, on, order, _ban_over(after, whole))
        yield f"{told[:-1]}（原本 {instead}）。" if instead else told


def _was_to_be(standing: tuple[Grade | None, bool] | None) -> str:
    return "没有等级和状态" if standing is None else _graded(standing[0]).strip()


def _ban_over(after: Sequence[Interval], it: Difference) -> date | None:
    """The first day after the last ban that runs while the grade rests on a finding."""
    bans = [
        part.standing.banned_until
        for part in after
        if part.standing.banned_until is not None
        and (it.until_on is None or part.from_on < it.until_on)
        and (part.until_on is None or part.until_on > it.from_on)
        and part.standing.basis == "finding"
    ]
    return max(bans) + timedelta(days=1) if bans else None


def _book_words(before: Sequence[Interval], after: Sequence[Interval], on: date) -> Iterator[str]:
    """Where the grade stays and only the rulebook that it rests on is another."""
    books = differences(before, after, lambda it: (it.grade, it.rulebook))
    for it in _from(books, on):
        if it.before and it.after and it.before[0] == it.after[0]:
            yield f"{_begin(it, on)}等级不变，所依据的规则集改变{_end(it)}。"


def _graded(grade: Grade | None) -> str:
    if grade is None:
        return "未定级"
    return grade if grade.endswith("性") else f" {grade} 级"


def _grade_words(it: Difference, on: date, order: GradeOrder, ban_over: date | None) -> str:
    was, becomes = it.before, it.after
    if becomes is None:
        return f"{_begin(it, on)}不再有等级和状态。"
    grade, verified = becomes
    doubt = "" if verified else "（最低等级未核实）"
    begin = _begin(it, on)
    if was is None:
        return f"{begin}等级为{_graded(grade)}{doubt}{_end(it)}。"
    if was[0] == grade:
        return f"{begin}等级{_graded(grade)}的核实情况改变{_end(it)}。"
    how = "降为" if order.rank(grade) > order.rank(was[0]) else "变为"
    stays = ""
    if ban_over is not None and grade is not None:
        stays = f"，停在{_graded(grade)}"
        stays += (
            f"至 {it.last_day}（含）"
            if it.last_day
            else f"，直到有 {ban_over}（含）以后生效的等级记录为止"
        )
    return f"{begin}等级由{_graded(was[0])}{how}{_graded(grade)}{doubt}{stays or _end(it)}。"


def _begin(it: Difference, on: date) -> str:
    if it.from_on == date.min or it.from_on == on:
        return "" if it.from_on == date.min else "自今天起，"
    return f"自 {it.from_on} 起，"


def _end(it: Difference) -> str:
    return f"，至 {it.last_day}（含）" if it.last_day else ""


def _ban_words(found: Sequence[Difference]) -> Iterator[str]:
    """One sentence for each pair of last days, however the stretches are cut."""
    seen: set[tuple[object, object]] = set()
    for it in found:
        if (it.before, it.after) in seen:
            continue
        seen.add((it.before, it.after))
        if it.after is None:
            yield f"不再处于禁止申报期（原至 {it.before}）。"
        elif it.before is None:
            yield (
                f"自 {it.from_on} 起不得申报任何等级，至 {it.after}（含）；"
                f"{it.after + timedelta(days=1)} 起可以再次申报。"
            )
        else:
            yield f"禁止申报期的末日由 {it.before} 变为 {it.after}。"


def _block_words(it: Difference, on: date) -> str:
    year = max(it.from_on, on).year
    last = it.last_day or date(year, 12, 31)
    begin = "" if it.from_on <= on else f"自 {it.from_on} 起，"
    if it.after:
        return f"{begin}{year} 年当年不得申报 B 级（含引领性）及以上，至 {last}（含）。"
    return f"{begin}不再受“当年不得申报 B 级（含引领性）及以上”的限制（原至 {last}）。"


def _count_words(found: Sequence[Difference], on: date) -> Iterator[str]:
    for it in _on(found, on):
        if it.before is not None and it.after is not None:
            yield f"近 36 个月计入排序的违法行为由 {it.before} 件变为 {it.after} 件。"


def _held_words(
    found: Sequence[Difference], grades: Sequence[Difference], on: date
) -> Iterator[str]:
    if _on(grades, on):
        return
    for it in _on(found, on):
        if it.before is not None and it.after is not None:
            yield f"等级保持起始日由 {it.before} 变为 {it.after}。"


def _on(found: Sequence[Difference], on: date) -> list[Difference]:
    return [it for it in found if it.from_on <= on and (it.until_on is None or on < it.until_on)]


@dataclass(frozen=True, slots=True, order=True)
class Secured:
    """An application in the priority section of a reserve (优先保障); ``words`` say what for."""

    year: int
    level: str
    words: str


def application_sentences(before: Collection[Secured], after: Collection[Secured]) -> list[str]:
    """Which applications leave or enter the priority section, those of one year together."""
    return [
        *_secured_words(set(before) - set(after), "不再列入优先保障"),
        *_secured_words(set(after) - set(before), "列入优先保障"),
    ]


def _secured_words(moved: Collection[Secured], outcome: str) -> Iterator[str]:
    by_reserve: dict[tuple[int, str], list[str]] = {}
    for it in sorted(moved):
        by_reserve.setdefault((it.year, it.level), []).append(it.words)
    levels: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for (year, level), words in by_reserve.items():
        levels.setdefault((year, tuple(words)), []).append(level)
    for (year, items), held in levels.items():
        reserves = "、".join(held)
        yield f"{year} 年度{reserves}储备：{len(items)} 项申请{outcome}（{'；'.join(items)}）。"


def rank_sentence(title: str, was: int | None, becomes: int | None) -> str | None:
    """How a plant's place in a measure's list changes; None: not admitted."""
    if was == becomes:
        return None
    if was is None:
        return f"进入“{title}”，位次 {becomes}。"
    if becomes is None:
        return f"退出“{title}”（原位次 {was}）。"
    return f"“{title}”的位次由 {was} 变为 {becomes}。"
