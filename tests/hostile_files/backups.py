"""Backups (备份) that are damaged, or forged with a digest that is right."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.hostile_files import Hostile

Members = dict[str, bytes]
Manifest = dict[str, Any]
MARK = b"jixiao-backup sha256="
WHOLE = "校验和不符"
UNREADABLE = "内容无法读出"


def members_of(backup: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(backup)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sealed(members: Members, manifest: object) -> bytes:
    """An archive of these members whose closing digest is true."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps(manifest).encode())
        archive.comment = MARK + b"0" * 64
    return closed(buffer.getvalue())


def closed(archive: bytes) -> bytes:
    """With the digest that belongs to what stands before it."""
    return archive[:-64] + hashlib.sha256(archive[:-64]).hexdigest().encode()


def forged(backup: bytes, change: Callable[[Members, Manifest], object]) -> bytes:
    """The backup with some of it changed and everything that depends on it made right again."""
    members = members_of(backup)
    manifest: Manifest = json.loads(members.pop("manifest.json"))
    other = change(members, manifest)
    tables = manifest.get("tables")
    for entry in tables if isinstance(tables, list) else []:
        content = members.get(f"tables/{entry['name']}.jsonl") if "name" in entry else None
        if content is not None:
            entry["sha256"] = hashlib.sha256(content).hexdigest()
    return sealed(members, manifest if other is None else other)


def _set(**values: object) -> Callable[[Members, Manifest], object]:
    return lambda _members, manifest: manifest.update(values)


def _without(name: str) -> Callable[[Members, Manifest], object]:
    return lambda _members, manifest: manifest.pop(name) and None


def _setting(name: str, content: bytes = b"x") -> Callable[[Members, Manifest], object]:
    def change(members: Members, manifest: Manifest) -> None:
        members[name] = content
        sha256 = hashlib.sha256(content).hexdigest()
        manifest["settings"].append({"name": name, "size": len(content), "sha256": sha256})

    return change


def _row(table: str, line: bytes) -> Callable[[Members, Manifest], object]:
    def change(members: Members, manifest: Manifest) -> None:
        members[f"tables/{table}.jsonl"] += line + b"\n"
        entry = next(it for it in manifest["tables"] if it["name"] == table)
        entry["rows"] += 1

    return change


def _table(**values: object) -> Callable[[Members, Manifest], object]:
    return lambda _members, manifest: manifest["tables"][0].update(values)


def _evidence(members: Members, manifest: Manifest) -> None:
    members["files/../../../evil"] = b"x"
    manifest["files"].append({"name": "files/../../../evil", "size": 1, "sha256": "../../../evil"})


def _bent_table(members: Members, manifest: Manifest) -> None:
    name = 'x"; DROP TABLE plant; --'
    members[f"tables/{name}.jsonl"] = b""
    manifest["tables"].append({**manifest["tables"][0], "name": name, "rows": 0})


def _altered_audit(members: Members, _manifest: Manifest) -> None:
    name = "tables/audit_entry.jsonl"
    first, *others = members[name].splitlines(keepends=True)
    altered = first.replace("测试".encode(), "改动".encode())
    assert altered != first
    members[name] = b"".join([altered, *others])


def _swollen(members: Members, _manifest: Manifest) -> None:
    members["instance/fonts/bomb.ttf"] = bytes(50_000_000)


FORGERIES: list[tuple[str, Callable[[Members, Manifest], object], str]] = [
    ("a manifest that is a list", lambda _m, _n: [1, 2], UNREADABLE),
    ("a manifest that is a word", lambda _m, _n: "x", UNREADABLE),
    ("a manifest of nothing", lambda _m, _n: {}, "更新的程序"),
    ("another format", _set(format=99), "更新的程序"),
    ("a structure nobody knows", _set(revision="9999"), "更新的程序"),
    ("a structure that is a path", _set(revision="../../x"), "更新的程序"),
    ("a structure that is a number", _set(revision=7), "更新的程序"),
    ("no structure", _without("revision"), UNREADABLE),
    ("no tables", _without("tables"), UNREADABLE),
    ("tables of nothing", _set(tables=None), UNREADABLE),
    ("a table that is a word", _set(tables=["x"]), UNREADABLE),
    ("no audit chain", _without("audit"), UNREADABLE),
    ("no key mark", _without("key"), UNREADABLE),
    ("a key of another installation", _set(key="0" * 16), "密钥"),
    ("evidence out of the folder", _evidence, "的内容与清单不符"),
    ("a setting out of the folder", _setting("instance/../../evil"), "不应有的成员"),
    ("a setting at the root", _setting("instance//etc/passwd"), "不应有的成员"),
    ("a setting on a drive", _setting("instance/plugins/C:\\x.py"), "不应有的成员"),
    ("a setting by backslash", _setting("instance/plugins\\..\\..\\x"), "不应有的成员"),
    ("a database among the settings", _setting("instance/app.db"), "不应有的成员"),
    ("a program outside", _setting("wsgi.py"), "不应有的成员"),
    ("a member nobody named", lambda members, _n: members.update({"x": b"x"}), "成员与清单不符"),
    ("a swollen member nobody named", _swollen, "成员与清单不符"),
    ("a table nobody knows", _bent_table, "结构与备份不一致"),
    ("columns nobody knows", _table(columns=[["x\"; DROP TABLE plant; --", "text"]]), ""),
    ("columns of no kind", _table(columns=[["id", "blob"]]), ""),
    ("rows that are not counted", _table(rows=-1), "与清单不符"),
    ("rows counted in words", _table(rows="viele"), ""),
    ("a row that is no list", _row("plant", b'{"id": 1}'), ""),
    ("a row of too few", _row("plant", b"[1]"), ""),
    ("a row of noise", _row("plant", b"\xff\xfe"), ""),
    ("a row of a thousand brackets", _row("plant", b"[" * 100_000), ""),
    ("an altered audit entry", _altered_audit, "审计链"),
]  # fmt: skip
"""What is changed, and words of the refusal (empty: any refusal in words will do)."""

DAMAGES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("nothing", lambda _it: b"", "不是本系统的备份文件"),
    ("one byte", lambda _it: b"x", "不是本系统的备份文件"),
    ("cut in half", lambda it: it[: len(it) // 2], "不是本系统的备份文件"),
    ("cut by one byte", lambda it: it[:-1], ""),
    ("one bit in the middle", lambda it: it[:900] + bytes([it[900] ^ 1]) + it[901:], WHOLE),
    ("one letter of the digest", lambda it: it[:-1] + bytes([it[-1] ^ 1]), WHOLE),
    ("another zip", lambda _it: _plain_zip(), "不是本系统的备份文件"),
    ("a picture with a true digest", lambda _it: closed(b"\x89PNG" + MARK + b"0" * 64), UNREADABLE),
    ("noise with a true digest", lambda _it: closed(bytes(5000) + MARK + b"0" * 64), UNREADABLE),
]


def _plain_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "x")
    return buffer.getvalue()


def backups(whole: bytes) -> list[Hostile]:
    """Every one of them, made of a backup that is whole."""
    made = [
        Hostile(f"a backup with {what}", "b.zip", lambda it=change: forged(whole, it), says)  # type: ignore[misc]
        for what, change, says in FORGERIES
    ]
    made += [
        Hostile(f"a backup damaged: {what}", "b.zip", lambda it=change: it(whole), says)  # type: ignore[misc]
        for what, change, says in DAMAGES
    ]
    return made
