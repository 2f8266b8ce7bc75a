"""Turns cells into values, saying what was read as what and what cannot be read.

Every parser returns a `Parsed`: the value, a sentence if something was read as something else
(读作), or a sentence if it was refused (problem), which says how to mend it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from .cells import ERROR_MEANINGS, Cell, CellError, UncomputedFormula, is_invisible
from .delimited import plain_text

T = TypeVar("T")

_SPACES = re.compile(r"\s+")
_EXCEL_KEEPS_DIGITS = 15
_MOST_WHOLE_DIGITS = 12
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 60_000
_DAY_ZERO = date(1899, 12, 30)
_DAYS_1904 = 1462
_FIRST_YEAR = 1900

_FULL_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日)", re.ASCII
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DATE_FORMS = "请写成 2025-06-30、2025/6/30、2025年6月30日 或 20250630"

YES_NO_ALIASES: Mapping[str, str] = {
    "Y": "是",
    "YES": "是",
    "TRUE": "是",
    "√": "是",
    "N": "否",
    "NO": "否",
    "FALSE": "否",
    "×": "否",
}


class Parsed(NamedTuple, Generic[T]):
    """A cell's value; blank cells give None without a problem."""

    value: T | None = None
    read_as: str | None = None
    problem: str | None = None


def clean_text(text: str) -> str:
    """Text on one line without control, direction and zero-width marks, trimmed."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    spaced = _SPACES.sub(" ", text)
    if spaced.isprintable():
        return spaced.strip()
    return "".join(char for char in spaced if not is_invisible(char)).strip()


def code_form(text: str) -> str:
    """Text as a code: half width, upper case, without any space."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text.upper()
    return _SPACES.sub("", clean_text(unicodedata.normalize("NFKC", clean_text(text)))).upper()


def header_key(text: str) -> str:
    """A column title for comparing: half width, without spaces, line breaks or a trailing `*`."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", clean_text(text))).rstrip("*")


def cell_problem(cell: Cell) -> str | None:
    """What is wrong with an error cell or an uncomputed formula; None for any other cell."""
    if isinstance(cell, UncomputedFormula):
        return (
            "公式未计算：单元格里是公式，但没有保存计算结果。"
            "请用 Excel 或 WPS 打开并保存一次，或改填数值后再导入"
        )
    if isinstance(cell, CellError):
        meaning = ERROR_MEANINGS.get(cell.code, "公式出错")
        return f"单元格是错误值 {clean_text(cell.code)}（{meaning}），请改正公式或直接填写内容"
    return None


def parse_text(cell: Cell) -> Parsed[str]:
    """Free text, trimmed and kept as given otherwise; numbers and dates as they would be typed."""
    if type(cell) is str:
        return Parsed(clean_text(cell) or None)
    if (problem := cell_problem(cell)) is not None:
        return Parsed(problem=problem)
    if cell is None:
        return Parsed()
    return Parsed(plain_text(cell))


def parse_code(cell: Cell, *, digits: int | None = None) -> Parsed[str]:
    """A code in half width and upper case; with `digits`, 1 is read as 001.

    A number of more than fifteen digits is refused: Excel has already lost its last digits.
    """
    given, _, problem = parse_text(cell)
    if given is None:
        return Parsed(problem=problem)
    if isinstance(cell, int | Decimal) and len(given.lstrip("-")) > _EXCEL_KEEPS_DIGITS:
        return Parsed(
            problem=f"“{given}”是数字格式，Excel 只保留前 15 位，末尾数字已经丢失。"
            "请把单元格设为文本格式后重新填写完整代码"
        )
    code = code_form(given)
    if digits is not None and code.isascii() and code.isdecimal():
        code = code.zfill(digits)
    return Parsed(code or None, None if code == given else f"“{given}”读作 {code}")


def parse_date(cell: Cell, *, date1904: bool = False) -> Parsed[date]:
    """A day from a real date, 2025-06-30, 2025/6/30, 2025年6月30日 or 20250630.

    A bare number from 20000 to 60000 is read as an Excel day and reported (`date1904`: counted
    from 1904); the same as text, two-digit years and impossible days are refused.
    """
    if type(cell) is date:
        return Parsed(cell)
    if (problem := cell_problem(cell)) is not None:
        return Parsed(problem=problem)
    if isinstance(cell, datetime):
        return Parsed(cell.date(), f"“{cell:%Y-%m-%d %H:%M:%S}”只取日期，读作 {cell.date()}")
    if isinstance(cell, bool | time):
        return Parsed(problem=f"“{plain_text(cell)}”不是日期，{_DATE_FORMS}")
    if isinstance(cell, int | Decimal):
        return _date_from_number(cell, date1904=date1904)
    return _date_from_text(cell) if isinstance(cell, str) else Parsed()


def _date_from_number(number: int | Decimal, *, date1904: bool) -> Parsed[date]:
    shown = plain_text(number)
    if Decimal(number).is_finite() and _FIRST_SERIAL <= number <= _LAST_SERIAL:
        day = _DAY_ZERO + timedelta(days=int(number) + (_DAYS_1904 if date1904 else 0))
        return Parsed(day, f"数字 {shown} 按 Excel 日期序号读作 {day}")
    if match := _COMPACT_DATE.fullmatch(shown):
        return _day(shown, match.groups())
    return Parsed(problem=f"“{shown}”是数字，不是日期，{_DATE_FORMS}")


def _date_from_text(cell: str) -> Parsed[date]:
    given = clean_text(cell)
    text = code_form(cell)
    if not text:
        return Parsed()
    if match := _FULL_DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text):
        parts = [part for part in match.groups() if part is not None]
        parsed = _day(given, parts)
        if parsed.value is not None and text != given:
            return Parsed(parsed.value, f"“{given}”读作 {parsed.value}")
        return parsed
    if _SHORT_YEAR.fullmatch(text):
        return Parsed(problem=f"“{given}”的年份只有两位，无法确定是哪一年。{_DATE_FORMS}")
    if text.isascii() and text.isdecimal() and len(text) == 5:
        return Parsed(
            problem=f"“{given}”是文本格式的数字，可能是 Excel 日期序号，但无法确认。{_DATE_FORMS}"
        )
    return Parsed(problem=f"“{given[:40]}”不是可以识别的日期，{_DATE_FORMS}")


def _day(given: str, parts: Sequence[str]) -> Parsed[date]:
    year, month, day = (int(part) for part in parts)
    if year < _FIRST_YEAR:
        return Parsed(problem=f"“{given}”的年份早于 1900 年，请核对年份。{_DATE_FORMS}")
    try:
        return Parsed(date(year, month, day))
    except ValueError:
        wrong = f" {month} 月没有 {day} 日" if 1 <= month <= 12 else f"没有 {month} 月"
        return Parsed(problem=f"“{given}”不是真实的日期：{year} 年{wrong}。请核对后改正")


def parse_integer(cell: Cell) -> Parsed[int]:
    """A whole number of zero or more; 1,200 is read as 1200 and reported."""
    parsed = parse_decimal(cell, 0)
    if parsed.value is None:
        return Parsed(problem=parsed.problem)
    return Parsed(int(parsed.value), parsed.read_as)


def parse_decimal(cell: Cell, places: int = 3) -> Parsed[Decimal]:
    """A number of zero or more with at most so many decimals, never rounded.

    1,200 is read as 1200 and reported; anything with words or signs, such as 约800, is refused.
    """
    if type(cell) is int or type(cell) is Decimal:
        given = text = plain_text(cell)
    elif (problem := cell_problem(cell)) is not None:
        return Parsed(problem=problem)
    elif cell is None or (isinstance(cell, str) and not code_form(cell)):
        return Parsed()
    elif isinstance(cell, bool | date | time):
        return Parsed(problem=f"“{plain_text(cell)}”不是数字，请填写数字，并把单元格设为常规格式")
    else:
        given = clean_text(cell) if isinstance(cell, str) else plain_text(cell)
        text = code_form(given)
    if not (_NUMBER.fullmatch(text) or _THOUSANDS.fullmatch(text)):
        return Parsed(
            problem=f"“{given[:40]}”不是数字。请只填阿拉伯数字，不带单位、“约”等文字和其他符号"
        )
    number = text.replace(",", "")
    problem = _number_problem(given, number, places)
    if problem is not None:
        return Parsed(problem=problem)
    return Parsed(Decimal(number), None if number == given else f"“{given}”读作 {number}")


def _number_problem(given: str, number: str, places: int) -> str | None:
    whole, _, decimals = number.partition(".")
    if whole.startswith("-") and number.strip("-0."):
        return f"“{given}”是负数，这里不能为负数，请核对后改正"
    if len(whole.lstrip("-0")) > _MOST_WHOLE_DIGITS:
        return f"“{given[:40]}”太大，整数部分超过 {_MOST_WHOLE_DIGITS} 位，请核对单位和数字"
    if len(decimals.rstrip("0")) > places:
        wanted = "请填整数" if places == 0 else f"请保留 {places} 位以内"
        return f"“{given[:40]}”有 {len(decimals.rstrip('0'))} 位小数，系统不代为四舍五入，{wanted}"
    return None


def parse_choice(
    cell: Cell, options: Sequence[str], aliases: Mapping[str, str] | None = None
) -> Parsed[str]:
    """One of the options; capitals, width and spaces aside, or by an alias, and then reported."""
    parsed = parse_text(cell)
    if parsed.problem is not None or parsed.value is None:
        return parsed
    given = parsed.value
    if given in options:
        return parsed
    wanted = code_form(given)
    found = next((option for option in options if code_form(option) == wanted), None)
    if found is None:
        found = next(
            (meant for alias, meant in (aliases or {}).items() if code_form(alias) == wanted), None
        )
    if found is None:
        return Parsed(problem=f"“{given[:40]}”不在可选范围内，请改为：{'、'.join(options)}")
    return Parsed(found, f"“{given}”读作 {found}")


def parse_yes_no(cell: Cell) -> Parsed[bool]:
    """是 or 否; a true/false cell, Y, N, √ and × are read so and reported."""
    if isinstance(cell, bool):
        answer = "是" if cell else "否"
        return Parsed(cell, f"逻辑值 {str(cell).upper()} 读作 {answer}")
    parsed = parse_choice(cell, ("是", "否"), YES_NO_ALIASES)
    if parsed.value is None:
        return Parsed(problem=parsed.problem)
    return Parsed(parsed.value == "是", parsed.read_as)
