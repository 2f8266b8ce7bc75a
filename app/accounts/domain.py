"""Who is who (人员与角色): roles, what each may do, and who stands behind a request."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from app.kernel.authority import EVERYTHING, Permission, Scope


class Role(StrEnum):
    """Every role (角色); the ids are those of the commands."""

    FILER = "filer"
    SIGNATORY = "signatory"
    AGENT = "agent"
    COUNTY_OFFICER = "county-officer"
    COUNTY_HEAD = "county-head"
    CITY_OFFICER = "city-officer"
    CITY_HEAD = "city-head"
    PROVINCE_RECORDER = "province-recorder"
    RULE_EDITOR = "rule-editor"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system-admin"
    SECURITY_ADMIN = "security-admin"

    @property
    def label(self) -> str:
        """The role as people call it."""
        return ROLE_TITLES[self]


ROLE_TITLES: Mapping[Role, str] = MappingProxyType(
    {
        Role.FILER: "企业填报人",
        Role.SIGNATORY: "企业签署人",
        Role.AGENT: "企业代办人",
        Role.COUNTY_OFFICER: "区县经办人",
        Role.COUNTY_HEAD: "区县负责人",
        Role.CITY_OFFICER: "市级经办人",
        Role.CITY_HEAD: "市级负责人",
        Role.PROVINCE_RECORDER: "省级登记员",
        Role.RULE_EDITOR: "规则维护员",
        Role.AUDITOR: "审计管理员",
        Role.SYSTEM_ADMIN: "系统管理员",
        Role.SECURITY_ADMIN: "安全管理员",
    }
)

ENTERPRISE_ROLES = frozenset({Role.FILER, Role.SIGNATORY, Role.AGENT})
"""Roles held for enterprises (企业), named by their 统一社会信用代码."""

COUNTY_ROLES = frozenset({Role.COUNTY_OFFICER, Role.COUNTY_HEAD})
"""Roles held for one county (区县)."""

SEPARATE_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
"""三员: no account holds two of them, so that nobody can act, grant and hide it alone."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("QQBrowser", "QQ 浏览器"),
    ("Firefox", "火狐"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "安卓"),
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
"""What stands in a browser's name of itself → what it is called; the first that fits."""


def browser_words(user_agent: str) -> str:
    """The browser and system of a device, read from the name it gives itself."""
    browser = next((words for sign, words in _BROWSERS if sign in user_agent), "其他浏览器")
    system = next((words for sign, words in _SYSTEMS if sign in user_agent), "")
    return f"{browser}（{system}）" if system else browser


_READS = frozenset({Permission.REGISTER_VIEW, Permission.POLICY_VIEW, Permission.RULEBOOK_VIEW})
_EXPORTS = frozenset(
    {Permission.REGISTER_EXPORT, Permission.LEDGER_EXPORT, Permission.POLICY_EXPORT}
)
_IMPORTS = frozenset({Permission.LEDGER_IMPORT})
_DECISIONS = frozenset(
    {
        Permission.LEDGER_IMPORT_DECISIONS,
        Permission.DECISION_RECORD,
        Permission.DECISION_CONFIRM,
    }
)
_DAILY_WORK = frozenset(
    {
        Permission.FACT_RECORD,
        Permission.REGISTER_EDIT,
        Permission.LIST_DRAFT,
        Permission.LIST_CHECK,
        Permission.RIGHTS_APPLY,
        Permission.NOTICE_SEND,
        Permission.FILING_VIEW,
    }
)
_OFFICE = _READS | _EXPORTS | _IMPORTS | _DAILY_WORK
_SIGNS = frozenset({Permission.LIST_SIGN, Permission.BARRING_MARK})
_KEEPS_RESERVES = frozenset({Permission.RESERVE_RECORD})
_ENTERPRISE = frozenset(
    {
        Permission.REGISTER_VIEW,
        Permission.RULEBOOK_VIEW,
        Permission.LIST_OWN_LINE,
        Permission.FILING_VIEW,
        Permission.FILING_WORK,
        Permission.FILING_ENTER,
    }
)
_ENTERS_FILINGS = frozenset({Permission.FILING_WINDOW, Permission.FILING_ENTER})
_OPENS_ACCOUNTS = frozenset({Permission.ACCOUNT_ENTERPRISE})
_LEADS_PEOPLE = frozenset({Permission.ACCOUNT_OWN_PEOPLE})
_SETS_PERIODS = frozenset({Permission.FILING_PERIOD})
_APPLIES = frozenset({Permission.RIGHTS_APPLY})

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.FILER: _ENTERPRISE | _APPLIES,
        Role.SIGNATORY: _ENTERPRISE | {Permission.FILING_SIGN} | _LEADS_PEOPLE,
        Role.AGENT: _ENTERPRISE | _APPLIES,
        Role.COUNTY_OFFICER: _OFFICE | _ENTERS_FILINGS | _OPENS_ACCOUNTS,
        Role.COUNTY_HEAD: _OFFICE | _ENTERS_FILINGS | _OPENS_ACCOUNTS | _DECISIONS | _SIGNS,
        Role.CITY_OFFICER: _OFFICE | _DECISIONS | _KEEPS_RESERVES | _SETS_PERIODS,
        Role.CITY_HEAD: (
            _OFFICE
            | _DECISIONS
            | _SIGNS
            | _KEEPS_RESERVES
            | _SETS_PERIODS
            | {Permission.RULEBOOK_APPROVE, Permission.RULEBOOK_FORESEE}
        ),
        Role.PROVINCE_RECORDER: _READS | _EXPORTS | _KEEPS_RESERVES | {Permission.FILING_VIEW},
        Role.RULE_EDITOR: _READS
        | {Permission.CALENDAR_EDIT, Permission.RULEBOOK_EDIT, Permission.RULEBOOK_FORESEE},
        Role.AUDITOR: _READS | {Permission.AUDIT_VIEW},
        Role.SYSTEM_ADMIN: frozenset({Permission.SYSTEM_VIEW, Permission.SYSTEM_OPERATE}),
        Role.SECURITY_ADMIN: frozenset({Permission.ACCOUNT_MANAGE}),
    }
)
"""The one table of who may do what."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within its reach (授权): a county, an enterprise, or neither."""

    role: Role
    county: str | None = None
    uscc: str | None = None
    from_on: date = date.min
    until_on: date | None = None
    id: int | None = None

    def is_in_force(self, on: date) -> bool:
        """Whether it holds on that day; the last day (截止日) counts."""
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)

    def overlaps(self, other: Grant) -> bool:
        """Whether both hold on some day."""
        return (self.until_on is None or other.from_on <= self.until_on) and (
            other.until_on is None or self.from_on <= other.until_on
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with the roles in force today (操作人)."""

    user_id: int
    name: str
    display_name: str
    grants: tuple[Grant, ...] = ()
    must_change_password: bool = False
    enterprise_ids: frozenset[int] = frozenset()
    session_token: str = ""
    seen_at: datetime | None = None
    """When the browser was last noted; None for a person who is not at one."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The token of the signed-in browser, as the sign-in cookie keeps it."""
        return self.session_token

    @property
    def roles(self) -> frozenset[Role]:
        """The roles held today."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def role(self) -> str:
        """The roles in words, each once, in the order of the table."""
        return "、".join(role.label for role in Role if role in self.roles) or "未授权"

    @property
    def counties(self) -> frozenset[str]:
        """The counties (区县代码) the person holds a county role for."""
        return frozenset(grant.county for grant in self.grants if grant.county)

    @property
    def usccs(self) -> frozenset[str]:
        """The enterprises (统一社会信用代码) the person acts for."""
        return frozenset(grant.uscc for grant in self.grants if grant.uscc)

    def scope_of(self, permission: Permission) -> Scope | None:
        """How far the permission reaches for this person; None when it is not held."""
        found: Scope | None = None
        for grant in self.grants:
            if permission in ROLE_PERMISSIONS[grant.role]:
                reach = self._reach(grant)
                found = reach if found is None else found | reach
        return found

    def _reach(self, grant: Grant) -> Scope:
        if grant.role in COUNTY_ROLES:
            return Scope(frozenset({grant.county} if grant.county else ()))
        if grant.role in ENTERPRISE_ROLES:
            return Scope(frozenset(), self.enterprise_ids)
        return EVERYTHING


def why_not_grant(held: Iterable[Grant], wanted: Grant) -> str | None:
    """Why this role cannot join those the account holds or will hold; None when it can."""
    for grant in held:
        if not grant.overlaps(wanted):
            continue
        if (grant.role, grant.county, grant.uscc) == (wanted.role, wanted.county, wanted.uscc):
            return f"该账号在此期间已有“{wanted.role.label}”角色。请先结束原授权，或改换起止日期。"
        both = {grant.role, wanted.role}
        if len(both & SEPARATE_ROLES) > 1:
            return (
                f"同一账号不能兼任“{grant.role.label}”和“{wanted.role.label}”"
                "（三员分立）。请为另一人建立账号。"
            )
        if len(both & ENTERPRISE_ROLES) == 1 and len(both) > 1:
            return "同一账号不能既代表企业又履行机关职责。请另建账号。"
        if both == {Role.AGENT, Role.SIGNATORY}:
            return "代办人不得签署，同一账号不能兼任代办人和签署人。请由企业本单位人员签署。"
        if both & {Role.FILER, Role.SIGNATORY} and grant.uscc != wanted.uscc:
            return "填报人和签署人只属于一家企业。为多家企业办理的，请使用“企业代办人”角色。"
    return None


def name_key(name: str) -> str:
    """What makes two account names (账号名) the same: width and letter case do not count."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


_REFUSED_NAMES = frozenset(
    {"admin", "administrator", "root", "test", "guest", "demo", "user", "system", "sa", "管理员"}
)
_NAME_LENGTH = range(2, 41)


def why_not_name(name: str) -> str | None:
    """What is wrong with a new account name; None when nothing is."""
    key = name_key(name)
    if len(key) not in _NAME_LENGTH:
        return "账号名应为 2 至 40 个字符。请改短或补足。"
    if not all(character.isalnum() or character in "._-@" for character in key):
        return "账号名只能使用汉字、字母、数字和 . _ - @。请去掉其他字符。"
    if key in _REFUSED_NAMES:
        return f"“{name}”是常见的默认账号名，容易被猜到。请改用能对应到本人的名称。"
    return None
