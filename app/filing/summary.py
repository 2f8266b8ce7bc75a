"""运输汇总 as it is typed: its inputs, and what is read from them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.filing.domain import Transport
from app.filing.forms import read_number
from app.indicators.domain import shown

FIELDS = ("trips", "gv_share", "new_energy_share", "gate_connected", "transmission_rate")
LABELS = {
    "trips": "车次",
    "gv_share": "国五及以上比例",
    "new_energy_share": "新能源比例",
    "gate_connected": "门禁联网",
    "transmission_rate": "数据传输率",
}
UNITS = {
    "trips": "辆次",
    "gv_share": "%",
    "new_energy_share": "%",
    "gate_connected": "",
    "transmission_rate": "%",
}
_HUNDRED = Decimal(100)


def read_summary(typed: Mapping[str, str]) -> tuple[Transport, dict[str, str]]:
    """The summary that was typed, and by input what has to be mended."""
    wrong: dict[str, str] = {}

    def number(name: str, unit: str) -> Decimal | None:
        try:
            return read_number(typed[name], unit)
        except ValueError as fault:
            wrong[name] = str(fault)
            return None

    def share(name: str) -> Decimal | None:
        found = number(name, "%")
        if found is not None and found > _HUNDRED:
            wrong[name] = f"{LABELS[name]} {shown(found)}% 超过 100%。请填写 0 到 100 之间的数。"
        return found

    trips = number("trips", "辆次")
    if trips is not None and trips != trips.to_integral_value():
        wrong["trips"] = f"车次 {shown(trips)} 不是整数。请填写整数。"
    connected = {"yes": True, "no": False}.get(typed["gate_connected"])
    entry = Transport(
        trips=None if trips is None else int(trips),
        gv_share=share("gv_share"),
        new_energy_share=share("new_energy_share"),
        gate_connected=connected,
        transmission_rate=share("transmission_rate"),
    )
    return entry, wrong


def typed_summary(found: Transport) -> dict[str, str]:
    """A saved summary as its inputs show it."""

    def text(value: Decimal | int | None) -> str:
        return "" if value is None else shown(Decimal(value))

    connected = {True: "yes", False: "no", None: ""}[found.gate_connected]
    return {
        "trips": text(found.trips),
        "gv_share": text(found.gv_share),
        "new_energy_share": text(found.new_energy_share),
        "gate_connected": connected,
        "transmission_rate": text(found.transmission_rate),
    }
