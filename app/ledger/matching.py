"""Whom a row speaks of, and which standing fact it repeats (对应关系).

A workbook names enterprises by code and plants by code and number. Both are looked up in the
register, then among identities borne earlier (an old workbook may name the former owner), then
among what the workbook itself brings, rows refused for another reason included: one fault is
named once, where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.kernel.spreadsheets import clean_text
from app.ledger.reading import TypedLedger, TypedRow
from app.ledger.register import EnterpriseKey, PlantKey, Register, RegisterRow, row_key
from app.ledger.sheets import BY_NAME, SHEETS, Key, SheetSpec, Subject, Values
from app.registry.domain import name_key


@dataclass(slots=True)
class MatchedRow:
    """A typed row with whom it is about and the standing row it meets.

    ``values`` is the row as the register will hold it: what is blank, or has no column, keeps what
    stands. ``changed`` are the fields whose value differs from the standing row.
    """

    row: TypedRow
    enterprise: EnterpriseKey | None
    plant: PlantKey | None
    key: Key | None
    old: RegisterRow | None
    values: Values
    changed: tuple[str, ...] = ()
    is_repeated: bool = False
    """Whether an earlier row has the same identity, for which alone this one is refused."""

    @property
    def is_known(self) -> bool:
        """Whether whom the row is about could be told."""
        return self.key is not None

    @property
    def is_same(self) -> bool:
        """Whether the register says exactly this already."""
        return self.old is not None and not self.changed and not self.row.failed

    @property
    def spec(self) -> SheetSpec:
        return self.row.spec

    def alters(self, *fields: str) -> bool:
        """Whether the row is new, or one of these values is another than the standing one."""
        return self.old is None or bool(set(fields) & set(self.changed))


@dataclass(slots=True)
class Matched:
    """Every row of the workbook, matched."""

    ledger: TypedLedger
    register: Register
    rows: dict[str, list[MatchedRow]] = field(default_factory=dict)

    def of(self, sheet: str) -> list[MatchedRow]:
        """The rows of a sheet that rules judge, in the workbook's order; no identity twice."""
        return [row for row in self.rows.get(sheet, ()) if not row.is_repeated]

    def repeated(self, sheet: str) -> list[MatchedRow]:
        """The rows that say again, in whatever words, whom an earlier one is about."""
        return [row for row in self.rows.get(sheet, ()) if row.is_repeated]


def match_rows(ledger: TypedLedger, register: Register) -> Matched:
    """Match every row; refuses rows about the unknown, and the second row of one identity."""
    matched = Matched(ledger, register)
    subjects = _Subjects(ledger, register)
    _take_project_names(ledger, register)
    for spec in SHEETS:
        first_rows: dict[Key, int] = {}
        rows = matched.rows[spec.name] = []
        for row in ledger.rows(spec.name):
            found = _match(row, subjects, register)
            _refuse_double(found, first_rows, ledger)
            _report_kept_ends(found, ledger)
            _refuse_annulled(found, register, ledger)
            rows.append(found)
    _refuse_missing_columns(matched)
    return matched


class _Subjects:
    """Finds the enterprises and plants that rows name."""

    def __init__(self, ledger: TypedLedger, register: Register) -> None:
        self._ledger = ledger
        self._register = register
        self._codes = {row.values.get("uscc") for row in ledger.rows("企业")}
        self._plants: set[tuple[EnterpriseKey, str]] = set()
        self._told: set[tuple[str, str, str | None]] = set()
        self._unread = {name: ledger.unread_places(name) for name in ("企业", "厂区")}
        for row in ledger.rows("厂区"):
            enterprise = self.enterprise(row, quietly=True)
            if enterprise is not None and "plant" in row.values:
                self._plants.add((enterprise, row.values["plant"]))

    def enterprise(self, row: TypedRow, *, quietly: bool = False) -> EnterpriseKey | None:
        """The enterprise of the row; an unknown one is refused unless ``quietly``."""
        code: str | None = row.values.get("uscc")
        if code is None:
            return None
        if (known := self._register.enterprises.get(code)) is not None:
            return known
        former = self._register.former_codes.get(code, frozenset())
        if len(former) == 1:
            (known,) = former
            if not quietly:
                self._tell_former_code(row, code, known)
            return known
        if code in self._codes:
            return code
        if not quietly and "企业" not in self._ledger.unreadable:
            self._ledger.refuse(
                row,
                "uscc",
                f"没有统一社会信用代码为 {code} 的企业：登记簿和本工作簿的“企业”表中都没有"
                f"{self._unread['企业']}，请在“企业”表中补上该企业，或核对代码",
            )
        return None

    def plant(self, row: TypedRow, enterprise: EnterpriseKey) -> PlantKey | None:
        """The plant of the row (whose number is given); an unknown one is refused."""
        number: str = row.values["plant"]
        absorbed = self._register.absorbed_codes.get(row.values["uscc"])
        if absorbed is not None:
            meant = self._register.former_numbers.get((absorbed, number), frozenset())
            if len(meant) == 1:
                (plant_id,) = meant
                self._tell_former_number(row, plant_id)
                return plant_id
        elif isinstance(enterprise, int):
            known = self._register.plants.get((enterprise, number))
            if known is not None:
                return known
            former = self._register.former_numbers.get((enterprise, number), frozenset())
            if len(former) == 1:
                (known,) = former
                self._tell_former_number(row, known)
                return known
        if (enterprise, number) in self._plants:
            return enterprise, number
        if "厂区" not in self._ledger.unreadable:
            self._ledger.refuse(
                row,
                "plant",
                f"企业 {row.values['uscc']} 没有编号为 {number} 的厂区：登记簿和本工作簿的“厂区”表"
                f"中都没有{self._unread['厂区']}，请在“厂区”表中补上该厂区，或核对编号",
            )
        return None

    def _tell_former_code(self, row: TypedRow, code: str, enterprise_id: int) -> None:
        if (row.spec.name, code, None) not in self._told:
            self._told.add((row.spec.name, code, None))
            now = next(
                now for now, known in self._register.enterprises.items() if known == enterprise_id
            )
            self._ledger.read_as(row, "uscc", f"{code} 是该企业的原代码，读作现在的代码 {now}")

    def _tell_former_number(self, row: TypedRow, plant_id: int) -> None:
        told = (row.spec.name, row.values["uscc"], row.values["plant"])
        if told not in self._told:
            self._told.add(told)
            place = self._register.places[plant_id]
            owner = next(
                code
                for code, known in self._register.enterprises.items()
                if known == place.enterprise_id
            )
            self._ledger.read_as(
                row,
                "plant",
                f"{told[1]} 的厂区 {told[2]} 现为 {owner} 的厂区 {place.number}"
                "（原属企业或原编号），读作该厂区",
            )


def _match(row: TypedRow, subjects: _Subjects, register: Register) -> MatchedRow:
    spec = row.spec
    enterprise: EnterpriseKey | None = None
    plant: PlantKey | None = None
    is_told = spec.subject is Subject.NOBODY
    if spec.subject is not Subject.NOBODY:
        enterprise = subjects.enterprise(row)
        is_told = enterprise is not None
    if enterprise is not None and spec.subject in (Subject.PLANT, Subject.EITHER):
        if "plant" in row.values:
            plant = subjects.plant(row, enterprise)
            is_told = plant is not None
            if isinstance(plant, int):
                enterprise = register.places[plant].enterprise_id
        else:
            is_told = spec.subject is Subject.EITHER and "plant" not in row.failed
    if not is_told or (row.failed and not row.failed.isdisjoint(spec.identity)):
        return MatchedRow(row, enterprise, plant, None, None, dict(row.values))
    key = row_key(spec, enterprise, plant, row.values)
    old = register.find(spec.name, key)
    if old is None:
        return MatchedRow(row, enterprise, plant, key, None, dict(row.values))
    values, changed = _merged(row, old)
    return MatchedRow(row, enterprise, plant, key, old, values, changed)


def _merged(row: TypedRow, old: RegisterRow) -> tuple[Values, tuple[str, ...]]:
    """The standing values with the typed ones laid over them; the identity stays as it stands."""
    values = {name: value for name, value in old.values.items() if name not in row.failed}
    changed = []
    for column in row.spec.columns:
        name = column.field
        if name in row.spec.key_fields or name not in row.values:
            continue
        given = row.values[name]
        if not _says_the_same(given, old.values.get(name)):
            values[name] = given
            changed.append(name)
    return values, tuple(changed)


def _says_the_same(given: Any, standing: Any) -> bool:
    if isinstance(given, str) and isinstance(standing, str):
        return given == standing or given == clean_text(standing)
    return bool(given == standing)


def _refuse_double(found: MatchedRow, first_rows: dict[Key, int], ledger: TypedLedger) -> None:
    if found.key is None:
        return
    first = first_rows.setdefault(found.key, found.row.number)
    if first != found.row.number:
        found.is_repeated = True
        identity = "、".join(
            column.header for column in found.spec.columns if column.field in found.spec.key_fields
        )
        ledger.refuse(
            found.row,
            "uscc" if "uscc" in found.row.values else found.spec.identity[0],
            f"与第 {first} 行重复：两行的{identity}相同（括号和全角、半角的写法不作区分），"
            f"请把第 {first} 行和第 {found.row.number} 行合并为一行",
        )


def _report_kept_ends(found: MatchedRow, ledger: TypedLedger) -> None:
    """A blank never erases: a blank 撤销日期 or 失效日期 over a recorded one is pointed out."""
    if found.old is None:
        return
    for column in found.spec.ending_columns:
        standing = found.old.values.get(column.field)
        if standing is not None and column.field in found.row.blank:
            ledger.warn(
                found.row,
                column.field,
                f"本行“{column.header}”留空，登记簿中为 {standing}；空白不会清除已有内容，"
                f"登记簿保持 {standing}",
            )


def _refuse_annulled(found: MatchedRow, register: Register, ledger: TypedLedger) -> None:
    """What was annulled by hand does not come back by an old workbook."""
    if found.old is not None or found.key is None:
        return
    became = register.annulled.get(found.spec.name, {}).get(found.key)
    if became is not None:
        identity = found.spec.identity
        ledger.refuse(
            found.row,
            "document" if "document" in identity else identity[-1],
            f"这一记录{became}，不能由台账再次登记，请删去这一行，或按现在的记录改正；"
            "确需重新登记的，请在厂区页办理",
        )


def _refuse_missing_columns(matched: Matched) -> None:
    """A new row needs every starred column; rows on record do not."""
    for name, sheet in matched.ledger.sheets.items():
        missing = [
            it for it in BY_NAME[name].columns if it.required and it.field not in sheet.fields
        ]
        for found in matched.of(name) if missing else ():
            if found.old is None:
                titles = "”“".join(column.header for column in missing)
                matched.ledger.refuse(
                    found.row,
                    "",
                    f"工作表缺少必填的列“{titles}”，这一行是新的，无法登记，请补上这一列并填写",
                )


def _take_project_names(ledger: TypedLedger, register: Register) -> None:
    """A 项目名称 that stands in 建设项目 for the same plant is that project, however bracketed."""
    applications = ledger.rows("排污权申请")
    if not applications:
        return
    names: dict[tuple[str, str, str], str] = {}
    standing = (row.values for row in register.rows.get("建设项目", ()))
    for values in (*standing, *(row.values for row in ledger.rows("建设项目"))):
        uscc, plant, name = (values.get(it) for it in ("uscc", "plant", "name"))
        if uscc and plant and name:
            names.setdefault((uscc, plant, name_key(name)), name)
    for row in applications:
        given = row.values.get("project_name")
        uscc, plant = row.values.get("uscc"), row.values.get("plant")
        if given and uscc and plant:
            name = names.get((uscc, plant, name_key(given)), given)
            if name != given:
                row.values["project_name"] = name
                ledger.read_as(row, "project_name", f"“{given}”读作建设项目“{name}”")
