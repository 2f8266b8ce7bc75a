"""The demo accounts (示例账号): one for every role, several for counties and checks by two."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts.domain import Role


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An account to be opened; ``county`` by name, ``stories`` name the enterprises it is for."""

    name: str
    shown: str
    role: Role
    county: str = ""
    stories: tuple[str, ...] = ()


PEOPLE = (
    DemoPerson("keqiao-officer", "示例·柯桥经办", Role.COUNTY_OFFICER, "柯桥区"),
    DemoPerson("keqiao-head", "示例·柯桥负责", Role.COUNTY_HEAD, "柯桥区"),
    DemoPerson("zhuji-officer", "示例·诸暨经办", Role.COUNTY_OFFICER, "诸暨市"),
    DemoPerson("zhuji-head", "示例·诸暨负责", Role.COUNTY_HEAD, "诸暨市"),
    DemoPerson("binhai-officer", "示例·滨海经办", Role.COUNTY_OFFICER, "滨海新区（示例）"),
    DemoPerson("binhai-head", "示例·滨海负责", Role.COUNTY_HEAD, "滨海新区（示例）"),
    DemoPerson("city-officer", "示例·市局经办甲", Role.CITY_OFFICER),
    DemoPerson("city-officer-2", "示例·市局经办乙", Role.CITY_OFFICER),
    DemoPerson("city-head", "示例·市局负责", Role.CITY_HEAD),
    DemoPerson("province-recorder", "示例·省厅登记", Role.PROVINCE_RECORDER),
    DemoPerson("rule-editor", "示例·规则维护", Role.RULE_EDITOR),
    DemoPerson("auditor", "示例·审计", Role.AUDITOR),
    DemoPerson("system-admin", "示例·系统管理", Role.SYSTEM_ADMIN),
    DemoPerson("security-admin", "示例·安全管理", Role.SECURITY_ADMIN),
    DemoPerson("filer", "示例·企业填报", Role.FILER, stories=("一厂一册",)),
    DemoPerson("signatory", "示例·企业签署", Role.SIGNATORY, stories=("一厂一册",)),
    DemoPerson("agent", "示例·代办", Role.AGENT, stories=("禁止申报期内", "全企业受罚")),
)

FORMER_OFFICER = DemoPerson("former-officer", "示例·前任市局经办", Role.CITY_OFFICER)
"""Recorded the history; the account is disabled and nobody knows its password."""
PRESENT_OFFICER = "city-officer"
"""Recorded what became known since."""
