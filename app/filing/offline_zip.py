"""离线填报包 as a zip: the form, a folder for the materials of each indicator, the manifest."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import Any, BinaryIO

from app.filing.answers import answer_document, transport_document
from app.filing.offline import FOLDER, FORM, FORMAT, MANIFEST, NOTE, Folder, folders_of
from app.filing.offline_form import write_form
from app.filing.queries.working import Working, WorkingTable
from app.kernel import clock

Document = dict[str, Any]


def manifest_of(found: Working, number: str, at: datetime, by_name: str) -> Document:
    """What the package was made for, and what stood in each row when it was made."""
    filing = found.filing
    plant = filing.plant
    return {
        "format": FORMAT,
        "number": number,
        "filing": {
            "id": filing.id, "year": filing.year, "kind": filing.kind.value,
            "target": filing.target, "rulebook": filing.rulebook,
            "judged_on": filing.judged_on.isoformat(),
        },
        "plant": {"id": plant.plant_id, "number": plant.number, "name": plant.name,
                  "county": filing.county},
        "enterprise": {"id": filing.enterprise_id, "uscc": plant.uscc,
                       "name": plant.enterprise_name},
        "tables": [_table(it) for it in found.tables],
        "entries": [
            {"place": place, "row": key, "revision": it.revision, "confirmed": it.confirmed,
             "answer": answer_document(it.answer)}
            for (place, key), it in sorted(found.answers.items())
        ],
        "transport": {"revision": found.transport.revision,
                      "confirmed": found.transport.confirmed,
                      "answer": transport_document(found.transport.transport)},
        "issued_at": clock.iso(at),
        "issued_by": by_name,
    }  # fmt: skip


def _table(table: WorkingTable) -> Document:
    versions = table.in_force.versions if table.in_force else ()
    return {
        "place": table.place,
        "industry": table.industry,
        "subtype": table.subtype,
        "label": table.label,
        "versions": [{"id": it.id, "number": it.number, "sha256": it.sha256} for it in versions],
    }


def write_package(target: BinaryIO, found: Working, manifest: str, number: str) -> None:
    """The zip; ``manifest`` is the text that the database keeps, too."""
    at = clock.parse_moment(json.loads(manifest)["issued_at"]).timetuple()[:6]
    form = io.BytesIO()
    write_form(form, found, number)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:

        def put(name: str, content: bytes) -> None:
            package.writestr(zipfile.ZipInfo(name, at), content, zipfile.ZIP_DEFLATED)

        put(MANIFEST, manifest.encode())
        put(FORM, form.getvalue())
        for folder in folders_of([(it.place, it.table) for it in found.tables]):
            put(f"{FOLDER}/{folder.name}/{NOTE}", _note(folder).encode("utf-8-sig"))


def _note(folder: Folder) -> str:
    """What belongs into a folder, for whoever opens it."""
    lines = [f"把“{folder.title}”的证明材料放在这个文件夹里。"]
    if folder.row is not None:
        lines += [
            f"材料：{it.kind}" + (f"（{it.period}）" if it.period else "")
            for it in folder.row.evidence
        ]
    lines.append("放好后，在填报表的“材料清单”里写明文件名、材料名称和所属时段。")
    lines.append("这个说明文件不必删除，导入时不作为材料。")
    return "\r\n".join(lines) + "\r\n"
