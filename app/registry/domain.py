"""What can be said of an enterprise's codes, names and place without asking the register.

Every `*_problem` function answers None when all is well, else one sentence for the person who
typed the value: what is wrong and how to mend it. Nothing is ever guessed into a code.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from enum import StrEnum
from operator import mul

__all__ = [
    "IndustryRole",
    "PermitCategory",
    "PlantState",
    "coordinates_problem",
    "coordinates_warning",
    "document_key",
    "name_key",
    "normalised_permit_number",
    "normalised_plant_number",
    "normalised_uscc",
    "permit_number_problem",
    "plant_number_problem",
    "uscc_check_character",
    "uscc_problem",
]


class PlantState(StrEnum):
    """生产状态 of a plant."""

    RUNNING = "正常"
    STOPPED = "停产"
    LONG_STOPPED = "长期停产"


class PermitCategory(StrEnum):
    """许可管理类别: how strictly the discharge permit is managed."""

    KEY = "重点管理"
    SIMPLIFIED = "简化管理"
    REGISTERED = "登记管理"


class IndustryRole(StrEnum):
    """角色 of an industry at a plant (PLAN-CROSS): each plant has exactly one main industry."""

    MAIN = "主要"
    REFERENCE = "参照"


# --- Unified social credit code (统一社会信用代码, GB 32100-2015) --------------------------------

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CODE_LENGTH = 18
_REGION = slice(2, 8)
_UNUSED_LETTERS = "I、O、S、V、Z"
_ASK_THE_LICENCE = "请对照营业执照逐位核对后改正"
_OLD_REGISTRATION_NUMBER_LENGTH = 15
_BLANKS = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_AS_A_NUMBER = re.compile(r"\d(\.\d+)?E\+?\d+|\d+\.0+")


def normalised_uscc(text: str) -> str:
    """The code as it is stored: half width, upper case, without blanks; nothing is corrected."""
    return _code(text)


def uscc_problem(code: str) -> str | None:
    """What is wrong with a normalised 统一社会信用代码, None if it is one.

    The check character can be any of the 31. A code that is right in form may still belong to
    somebody else: only the licence tells.
    """
    if not code:
        return f"没有填写统一社会信用代码，{_ASK_THE_LICENCE}。"
    if _AS_A_NUMBER.fullmatch(code):
        return (
            "统一社会信用代码被表格软件当作数字保存，后几位可能已经丢失，"
            "请先把这一列设为文本格式，再对照营业执照重新填写。"
        )
    return (
        _length_problem(code)
        or _character_problem(code)
        or _region_problem(code)
        or _check_problem(code)
    )


def uscc_check_character(first_17: str) -> str:
    """校验码: the 18th character that belongs to the first 17 by GB 32100-2015."""
    total = sum(map(mul, map(_ALPHABET.index, first_17), _WEIGHTS))
    return _ALPHABET[-total % len(_ALPHABET)]


def _length_problem(code: str) -> str | None:
    if len(code) == _CODE_LENGTH:
        return None
    if len(code) == _OLD_REGISTRATION_NUMBER_LENGTH and code.isdecimal():
        return (
            "统一社会信用代码应为 18 位，现为 15 位数字，像是旧的工商注册号，"
            "请改填营业执照上的统一社会信用代码。"
        )
    return f"统一社会信用代码应为 18 位，现为 {len(code)} 位，{_ASK_THE_LICENCE}。"


def _character_problem(code: str) -> str | None:
    for place, character in enumerate(code, start=1):
        if character in "IOSVZ":
            return (
                f"统一社会信用代码第 {place} 位是字母 {character}，"
                f"而统一社会信用代码不使用字母 {_UNUSED_LETTERS}"
                f"（常见的是把数字 1、0、5、2 看成字母 I、O、S、Z），{_ASK_THE_LICENCE}。"
            )
        if character not in _ALPHABET:
            return (
                f"统一社会信用代码第 {place} 位是“{character}”，"
                f"只能是数字或大写字母（不含 {_UNUSED_LETTERS}），{_ASK_THE_LICENCE}。"
            )
    return None


def _region_problem(code: str) -> str | None:
    if code[_REGION].isdecimal():
        return None
    return (
        f"统一社会信用代码第 3 至 8 位是登记机关行政区划码，应为 6 位数字，"
        f"现为“{code[_REGION]}”，{_ASK_THE_LICENCE}。"
    )


def _check_problem(code: str) -> str | None:
    if code[-1] == uscc_check_character(code[:-1]):
        return None
    return (
        f"统一社会信用代码的校验码（第 18 位“{code[-1]}”）与前 17 位不符，"
        f"其中至少有一位填错，{_ASK_THE_LICENCE}。"
    )


# --- Discharge permit number (排污许可证编号, HJ 608-2017) ---------------------------------------

_SUBSTITUTE = "H9"
"""Begins the 18 characters of a unit without a code of its own."""
_PERMIT_LENGTH = 22
_SUBSTITUTE_END = re.compile(r"[A-HJ-NP-Z]")


def normalised_permit_number(text: str) -> str:
    """The permit number as it is stored: half width, upper case, without blanks.

    Only the 18th character of a substitute code (H9…) is by its rule a lower-case letter.
    """
    number = _code(text)
    if number.startswith(_SUBSTITUTE):
        return number[:17] + number[17:18].lower() + number[18:]
    return number


def permit_number_problem(number: str, uscc: str) -> str | None:
    """What is wrong with the normalised permit number of a plant of the enterprise `uscc`.

    22 characters: the enterprise's code (or an H9… substitute), three digits that tell its
    plants apart, one digit or letter, which is not computed.
    """
    if len(number) != _PERMIT_LENGTH:
        return (
            f"排污许可证编号应为 22 位（18 位统一社会信用代码、3 位顺序号、1 位标识码），"
            f"现为 {len(number)} 位，请对照排污许可证正本核对后改正。"
        )
    holder, sequence, mark = number[:18], number[18:21], number[21]
    if not re.fullmatch(r"[0-9]{3}", sequence) or not re.fullmatch(r"[0-9A-Z]", mark):
        return (
            f"排污许可证编号的后 4 位应为 3 位数字和 1 位数字或字母，现为“{number[18:]}”，"
            f"请对照排污许可证正本核对后改正。"
        )
    if holder.startswith(_SUBSTITUTE):
        return _substitute_problem(holder)
    if holder != uscc:
        return (
            f"排污许可证编号的前 18 位是 {holder}，与本企业的统一社会信用代码 {uscc} 不一致，"
            f"像是另一家企业的许可证，请对照排污许可证正本核对后改正。"
        )
    return None


def _substitute_problem(holder: str) -> str | None:
    body, last = holder[:-1], holder[-1].upper()
    if re.fullmatch(r"[0-9A-Z]{17}", body) and _SUBSTITUTE_END.fullmatch(last):
        return None
    return (
        f"排污许可证编号以 H9 开头（无统一社会信用代码的单位），其第 18 位应为"
        f"除 i、o 以外的小写字母，现为“{holder[-1]}”，请对照排污许可证正本核对后改正。"
    )


# --- Plant number (厂区编号) ------------------------------------------------------------------


def normalised_plant_number(text: str) -> str:
    """The plant number as it is stored: 1 and 01 are read as 001, anything else is left."""
    number = _code(text)
    return number.zfill(3) if re.fullmatch(r"[0-9]{1,2}", number) else number


def plant_number_problem(number: str) -> str | None:
    """What is wrong with a normalised 厂区编号, None if it is 001 to 999."""
    if re.fullmatch(r"[0-9]{3}", number) and number != "000":
        return None
    return f"厂区编号“{number}”应为三位数字，从 001 起编，同一企业内不重复，请改正。"


# --- Names and document numbers, made comparable ---------------------------------------------

_OPENING, _CLOSING = "[{<〔【〖〘〈《", "]}>〕】〗〙〉》"
_BRACKETS = str.maketrans(_OPENING + _CLOSING, "(" * len(_OPENING) + ")" * len(_CLOSING))


def name_key(name: str) -> str:
    """By which two names are the same: any brackets alike, any width, no blanks, no case.

    Only for comparing; a name is stored as it was given.
    """
    return _code(name).translate(_BRACKETS)


def document_key(document: str) -> str:
    """By which two 文号 are the same: 〔2025〕, [2025] and （2025） alike, any width, no blanks.

    Only for comparing; a document number is stored as it was given.
    """
    return name_key(document)


def _code(text: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


# --- Longitude and latitude (经度、纬度) -------------------------------------------------------

_CHINA_LONGITUDE = (Decimal(73), Decimal(136))
_CHINA_LATITUDE = (Decimal(3), Decimal(54))
_ZHEJIANG_LONGITUDE = (Decimal(118), Decimal(123))
_ZHEJIANG_LATITUDE = (Decimal(27), Decimal("31.5"))


def coordinates_problem(longitude: Decimal | None, latitude: Decimal | None) -> str | None:
    """Why the pair (degrees) cannot be the place of a plant, None if it can or none is given."""
    if longitude is None and latitude is None:
        return None
    if longitude is None or latitude is None:
        missing = "经度" if longitude is None else "纬度"
        return f"经度和纬度应同时填写或者同时留空，现缺{missing}，请补填。"
    if _inside(longitude, _CHINA_LONGITUDE) and _inside(latitude, _CHINA_LATITUDE):
        return None
    if _inside(latitude, _CHINA_LONGITUDE) and _inside(longitude, _CHINA_LATITUDE):
        return f"经度 {longitude} 和纬度 {latitude} 填反了：本地经度约为 120，纬度约为 30，请互换。"
    return (
        f"经度 {longitude}、纬度 {latitude} 不在我国境内，"
        f"请按十进制度填写（例如经度 120.58、纬度 30.01）。"
    )


def coordinates_warning(longitude: Decimal | None, latitude: Decimal | None) -> str | None:
    """What to look at again in a pair that is possible: a plant outside Zhejiang (浙江省)."""
    if longitude is None or latitude is None or coordinates_problem(longitude, latitude):
        return None
    if _inside(longitude, _ZHEJIANG_LONGITUDE) and _inside(latitude, _ZHEJIANG_LATITUDE):
        return None
    return (
        f"经度 {longitude}、纬度 {latitude} 在浙江省范围"
        f"（经度 118 至 123、纬度 27 至 31.5）以外，请核对。"
    )


def _inside(value: Decimal, bounds: tuple[Decimal, Decimal]) -> bool:
    lowest, highest = bounds
    return value.is_finite() and lowest <= value <= highest
