"""The form by which a change of 规则库 is proposed (提出修改): typed text and `Change`.

Nothing is guessed: what cannot be read stays as it was typed and is refused by the checks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, cast

from werkzeug.datastructures import MultiDict

from app.kernel.asked import read_day
from app.rulebook.changes import Change, Fault
from app.rulebook.edits import ACT_WORDS, Act, Edit
from app.rulebook.parameters import Parameter, Value
from app.rulebook.services import ground

LONGEST_TEXT = 2_000
"""Characters of a field; what is longer is refused, and shown again as far as that."""
FIELDS = (
    "act", "subject", "replaces", "value", "grades", "county", "name", "number", "subtype",
    "aliases", "codes", "rulebook", "scheme", "confidence", "source", "from_on", "reason",
    "document",
)  # fmt: skip
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%?")
_WHOLE = re.compile(r"\d{1,9}")
_MARKS = re.compile(r"[\n、，,;；]+")


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """The form as it is shown: what it is about, and what stands in its fields."""

    act: Act
    subject: str
    replaces: Edit | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    """The boxes ticked, where the value is a set of grades."""

    def text(self, name: str) -> str:
        """What stands in a field."""
        return self.typed.get(name, "")


def offered(act: Act, subject: str, replaces: Edit | None, today: date) -> ChangeForm:
    """The form as first shown: the value of today, or of the edit that is to be corrected."""
    now = ground()
    typed: dict[str, str] = {}
    chosen: tuple[str, ...] = ()
    if act == "set":
        history = now.parameters.history(subject)
        entry = now.parameters.on(subject, today)
        if replaces is not None:
            entry = next((it for it in history if it.edit == replaces.id), entry)
            typed["from_on"] = f"{replaces.from_on}"
            typed["county"] = replaces.county
            typed["document"] = replaces.document
        typed["value"] = _as_typed(entry)
        chosen = entry.value if isinstance(entry.value, tuple) else ()
    return ChangeForm(act, subject, replaces, typed, chosen)


def _as_typed(entry: Parameter) -> str:
    value: Value = entry.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{(value * 100).normalize():f}"
    return "\n".join(value) if isinstance(value, tuple) else f"{value}"


def read_change(form: MultiDict[str, str], today: date) -> tuple[Change, list[Fault], ChangeForm]:
    """The change that was typed, what could not be read, and the form to show it again."""
    act, subject = cast("Act", form.get("act", "")), form.get("subject", "")
    if act not in ACT_WORDS:
        raise LookupError(act)
    now = ground()
    number = _plain(form.get("replaces", ""))
    edit_id = int(number) if _WHOLE.fullmatch(number) else None
    edit = next((it for it in now.edits if it.id == edit_id), None)
    typed = {name: form.get(name, "")[:LONGEST_TEXT] for name in FIELDS if name in form}
    shown = ChangeForm(act, subject, edit, typed, tuple(form.getlist("grades")))
    faults: list[Fault] = [
        (name, f"最多 {LONGEST_TEXT} 个字。请删减。")
        for name in typed
        if len(form[name]) > LONGEST_TEXT
    ]
    from_on = edit.from_on if act == "withdraw" and edit else _day(typed, faults) or today
    pattern = now.parameters.histories.get(subject, (None,))[0]
    change = Change(
        act=act,
        subject=_new_id(typed) if act == "add" else subject,
        from_on=from_on,
        reason=typed.get("reason", "").strip(),
        document=_plain(typed.get("document", "")),
        county=_plain(typed.get("county", "")) if act == "set" else "",
        content=_content(act, shown, pattern),
        replaces=edit_id,
    )
    return change, faults, shown


def _day(typed: Mapping[str, str], faults: list[Fault]) -> date | None:
    try:
        day = read_day(typed.get("from_on", ""))
    except ValueError as fault:
        faults.append(("from_on", str(fault)))
        return None
    if day is None:
        faults.append(("from_on", "没有填写生效日期。请填写从哪一天起按新的规定。"))
    return day


def _content(act: Act, form: ChangeForm, pattern: Parameter | None) -> dict[str, Any]:
    said = {name: _plain(text) for name, text in form.typed.items()}
    words = {name: _items(text) for name, text in form.typed.items()}
    if act == "set":
        return {"value": _value(form, pattern)}
    if act == "add":
        number = said.get("number", "")
        return {
            "name": said.get("name", ""),
            "number": int(number) if _WHOLE.fullmatch(number) else None,
            "aliases": words.get("aliases", []),
        }
    if act == "rename":
        return {"name": said.get("name", "")}
    if act == "subtype":
        return {"name": said.get("name", ""), "aliases": words.get("aliases", [])}
    if act == "alias":
        return {"subtype": said.get("subtype", ""), "aliases": words.get("aliases", [])}
    told = {name: said.get(name, "") for name in ("confidence", "source")}
    if act == "code":
        return {"codes": words.get("codes", []), **told}
    if act == "scheme":
        return {name: said.get(name, "") for name in ("subtype", "rulebook", "scheme")} | told
    return {}


def _value(form: ChangeForm, pattern: Parameter | None) -> Any:
    """The value as JSON holds it; as typed where it cannot be read, which the checks refuse."""
    kind = pattern.kind if pattern else ""
    text = form.text("value")
    plain = _plain(text)
    if kind == "bool":
        return {"true": True, "false": False}.get(plain, plain)
    if kind == "int":
        return int(plain) if _WHOLE.fullmatch(plain) else plain
    if kind == "share":
        found = _PERCENT.fullmatch(plain)
        return format(Decimal(found[1]) / 100, "f") if found else plain
    if kind == "grades":
        return list(form.chosen)
    if kind == "list":
        return _items(text)
    if kind == "order":
        lines = [re.sub(r"\s*=\s*", " = ", _plain(line)) for line in text.splitlines()]
        return [line for line in lines if line]
    if kind == "date":
        try:
            day = read_day(text)
        except ValueError:
            day = None
        return day.isoformat() if day else plain
    return plain


def _items(text: str) -> list[str]:
    """One item a line, or parted by 、; each once."""
    return list(dict.fromkeys(it for part in _MARKS.split(text) if (it := _plain(part))))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _new_id(typed: Mapping[str, str]) -> str:
    """A lasting id for a new industry, made of its name: local-zhen-zhu-jia-gong."""
    from pypinyin import lazy_pinyin  # its dictionary takes a while to load

    syllables = lazy_pinyin(_plain(typed.get("name", "")))
    letters = re.sub(r"[^a-z0-9]+", "-", "-".join(syllables).lower()).strip("-")
    held = {industry.id for industry in ground().catalogue.industries}
    wanted = f"local-{letters[:60] or 'industry'}"
    taken = (f"{wanted}-{number}" for number in range(2, 1_000))
    return next((it for it in (wanted, *taken) if it not in held), wanted)
