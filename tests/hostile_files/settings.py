"""Measures, plugins and letters that a bureau might place, broken or made to do harm (设置文件)."""

from __future__ import annotations

import io
import zipfile
from importlib import resources

from tests.hostile_files import Hostile, given

GOOD = """id = "county"
title = "县级措施"
order = "better-first"

[admit]
grades = ["A"]
clause = "PLAN-POSITIVE"
text = "等级在范围内"
those = "A 级企业"
"""


def _measure(what: str, text: str | bytes, says: str = "") -> Hostile:
    return Hostile(what, "m.toml", given(text if isinstance(text, bytes) else text.encode()), says)


MEASURES = [
    _measure("a measure of nothing", "", "缺少"),
    _measure("a measure of noise", b"\xff\xfe\x00\x01", "不是 UTF-8"),
    _measure("a measure with NUL", GOOD + "\x00", "语法"),
    _measure("a measure in two", GOOD + GOOD, "语法"),
    _measure("a measure of brackets", "a = " + "[" * 60_000, "语法"),
    _measure("a measure of inline tables", "a = " + "{a=" * 20_000, "语法"),
    _measure("a measure of 10 MB", GOOD + "# " + "x" * 10_000_000, "过大"),
    _measure("a measure of dots", "a" + ".a" * 50_000 + " = 1", "过长"),
    _measure("a number of 5,000 digits", "limit = " + "1" * 5000, "语法"),
    _measure("a number that is none", GOOD + "[[exclude]]\nwhen = 'violations-over'\nlimit = nan\n"
             "clause = 'PLAN-POSITIVE'\n"),
    _measure("a day that is none", "a = 2025-02-30", "语法"),
    _measure("an id that is a path", GOOD.replace("county", "../../x"), "写法不对"),
    _measure("an id of markup", GOOD.replace("county", "<script>"), "写法不对"),
    _measure("an id of a thousand letters", GOOD.replace("county", "a" * 1000), "写法不对"),
    _measure("a title of 60,000 letters", GOOD.replace("县级措施", "长" * 60_000), "过长"),
    _measure("an unknown key", GOOD + "\n[evil]\n__class__ = 1\n"),
    _measure("a condition nobody knows", GOOD + "[[exclude]]\nwhen = 'import os'\n"),
    _measure("a grade nobody knows", GOOD.replace('["A"]', '["Z"]'), "没有等级"),
    _measure("an order nobody knows", GOOD.replace("better-first", "__import__('os')")),
    _measure("a clause of another kind", GOOD.replace("PLAN-POSITIVE", "'; DROP"), "写法不对"),
    _measure("a list where a word belongs", GOOD.replace('"县级措施"', "[1]")),
]  # fmt: skip


def _plugin(what: str, text: str | bytes) -> Hostile:
    return Hostile(what, "p.py", given(text if isinstance(text, bytes) else text.encode()), "")


_HOOK = "from app.kernel.hooks import hookimpl\n@hookimpl\ndef policy_measures():\n    "
PLUGINS = [
    _plugin("a plugin of nothing", ""),
    _plugin("a plugin of noise", b"\xff\xfe\x00\x01"),
    _plugin("a plugin with NUL", b"a = 1\x00"),
    _plugin("a plugin that is no Python", "def ("),
    _plugin("a plugin of brackets", "(" * 10_000),
    _plugin("a plugin that leaves", "raise SystemExit(0)"),
    _plugin("a plugin that breaks", "1 / 0"),
    _plugin("a plugin that calls itself", "def f():\n    f()\nf()\n"),
    _plugin("a plugin without a hook", "x = 1"),
    _plugin("a plugin with a hook nobody calls", _HOOK.replace("policy_measures", "evil") + "pass"),
    _plugin("a hook that breaks", _HOOK + "1 / 0"),
    _plugin("a hook that leaves", _HOOK + "raise SystemExit(0)"),
    _plugin("a hook that answers a number", _HOOK + "return 7"),
    _plugin("a hook that answers words", _HOOK + "return ['x']"),
    _plugin("a hook that asks for more", _HOOK.replace("()", "(everything)") + "return []"),
]


def letter(text: str, *, part: str = "word/document.xml", raw: bytes | None = None) -> bytes:
    """The delivered template with text in place of the enterprise, or with one part exchanged."""
    source = (resources.files("app.rights") / "data/letter.docx").read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == part:
                content = (
                    raw if raw is not None else content.replace(b"{{ enterprise }}", text.encode())
                )
            new.writestr(name, content)
    return buffer.getvalue()


def _letter(what: str, content: bytes) -> Hostile:
    return Hostile(what, "allocation.docx", given(content), "模板")


_XXE = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    b"<w:body><w:p><w:r><w:t>&f;</w:t></w:r></w:p></w:body></w:document>"
)
LETTERS = [
    _letter("a letter of nothing", b""),
    _letter("a letter of noise", b"\xff" * 100),
    _letter("a letter that is a picture", b"\x89PNG\r\n\x1a\n"),
    _letter("a letter without its document", letter("", part="word/document.xml", raw=b"")),
    _letter("a letter of broken XML", letter("", raw=b"<w:document>")),
    _letter(
        "a letter that reaches into Python",
        letter("{{ ''.__class__.__mro__ }}"),
    ),
    _letter("a letter that divides by nothing", letter("{{ 1 / 0 }}")),
    _letter("a letter that adds a word to a number", letter("{{ 1 + 'a' }}")),
    _letter("a letter that counts without end", letter("{% for i in range(10**9) %}x{% endfor %}")),
    _letter("a letter that includes a file", letter("{% include '/etc/passwd' %}")),
    _letter("a letter with an open tag", letter("{{ enterprise")),
    _letter("a letter of an unknown filter", letter("{{ enterprise|evil }}")),
    _letter("a letter that calls a word", letter("{{ enterprise() }}")),
]
XXE_LETTER = letter("", raw=_XXE)
"""Whatever becomes of it, the server's file is not in it."""
