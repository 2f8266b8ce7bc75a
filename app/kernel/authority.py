"""What a person may be allowed, and how far (权限与范围), as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol


class Permission(StrEnum):
    """Every permission of the system; which role holds which stands in accounts/domain.py."""

    REGISTER_VIEW = "register.view"
    REGISTER_EXPORT = "register.export"
    LEDGER_IMPORT = "ledger.import"
    LEDGER_IMPORT_DECISIONS = "ledger.import.decisions"
    LEDGER_EXPORT = "ledger.export"
    POLICY_VIEW = "policy.view"
    POLICY_EXPORT = "policy.export"
    RULEBOOK_VIEW = "rulebook.view"
    CALENDAR_EDIT = "calendar.edit"
    ACCOUNT_MANAGE = "account.manage"
    ACCOUNT_ENTERPRISE = "account.enterprise"
    ACCOUNT_OWN_PEOPLE = "account.own-people"
    SYSTEM_VIEW = "system.view"
    AUDIT_VIEW = "audit.view"
    FACT_RECORD = "facts.record"
    BARRING_MARK = "facts.mark-barring"
    DECISION_RECORD = "decisions.record"
    DECISION_CONFIRM = "decisions.confirm"
    REGISTER_EDIT = "register.edit"
    RULEBOOK_EDIT = "rulebook.edit"
    RULEBOOK_APPROVE = "rulebook.approve"
    RULEBOOK_FORESEE = "rulebook.foresee"
    LIST_DRAFT = "lists.draft"
    LIST_CHECK = "lists.check"
    LIST_SIGN = "lists.sign"
    LIST_OWN_LINE = "lists.own-line"
    RESERVE_RECORD = "reserve.record"
    RIGHTS_APPLY = "rights.apply"
    SYSTEM_OPERATE = "system.operate"
    NOTICE_SEND = "notices.send"
    FILING_WORK = "filing.work"
    FILING_ENTER = "filing.enter"
    FILING_SIGN = "filing.sign"
    FILING_VIEW = "filing.view"
    FILING_WINDOW = "filing.window"
    FILING_PERIOD = "filing.period"

    @property
    def words(self) -> str:
        """What it lets a person do, as the audit log names it."""
        return _PERMISSION_WORDS[self]


_PERMISSION_WORDS = MappingProxyType(
    {
        Permission.REGISTER_VIEW: "查看企业台账",
        Permission.REGISTER_EXPORT: "导出企业台账",
        Permission.LEDGER_IMPORT: "导入台账",
        Permission.LEDGER_IMPORT_DECISIONS: "导入等级、虚假材料和排污权储备",
        Permission.LEDGER_EXPORT: "导出完整台账",
        Permission.POLICY_VIEW: "查看政策清单",
        Permission.POLICY_EXPORT: "导出政策清单",
        Permission.RULEBOOK_VIEW: "查看规则库",
        Permission.CALENDAR_EDIT: "登记放假通知",
        Permission.ACCOUNT_MANAGE: "管理账号",
        Permission.ACCOUNT_ENTERPRISE: "管理企业账号",
        Permission.ACCOUNT_OWN_PEOPLE: "管理本企业人员",
        Permission.SYSTEM_VIEW: "查看系统状态",
        Permission.AUDIT_VIEW: "查看审计日志",
        Permission.FACT_RECORD: "登记违法行为和检查",
        Permission.BARRING_MARK: "认定其他违法行为同样限制申报",
        Permission.DECISION_RECORD: "提交等级和虚假材料的登记",
        Permission.DECISION_CONFIRM: "复核等级和虚假材料的登记",
        Permission.REGISTER_EDIT: "维护企业与厂区",
        Permission.RULEBOOK_EDIT: "提出规则库修改",
        Permission.RULEBOOK_APPROVE: "批准规则库修改",
        Permission.RULEBOOK_FORESEE: "查看规则库修改的影响",
        Permission.LIST_DRAFT: "起草清单",
        Permission.LIST_CHECK: "复核清单",
        Permission.LIST_SIGN: "签发清单",
        Permission.LIST_OWN_LINE: "查看本企业在清单中的结果",
        Permission.RESERVE_RECORD: "登记排污权储备收支",
        Permission.RIGHTS_APPLY: "登记排污权申请",
        Permission.NOTICE_SEND: "向企业发送通知",
        Permission.SYSTEM_OPERATE: "备份与运行维护",
        Permission.FILING_WORK: "填报申报材料",
        Permission.FILING_ENTER: "填写申报（本企业或窗口代录）",
        Permission.FILING_SIGN: "签署并提交申报",
        Permission.FILING_VIEW: "查看申报",
        Permission.FILING_WINDOW: "窗口代录申报",
        Permission.FILING_PERIOD: "设定申报期",
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the register a permission reaches; ``None`` means all."""

    counties: frozenset[str] | None = frozenset()
    enterprises: frozenset[int] = frozenset()

    @property
    def is_everything(self) -> bool:
        return self.counties is None

    def covers(self, *, county: str | None = None, enterprise_id: int | None = None) -> bool:
        """Whether a record of this county (区县) and enterprise lies inside."""
        if self.counties is None:
            return True
        return county in self.counties or enterprise_id in self.enterprises

    def __or__(self, other: Scope) -> Scope:
        if self.counties is None or other.counties is None:
            return EVERYTHING
        return Scope(self.counties | other.counties, self.enterprises | other.enterprises)


EVERYTHING = Scope(counties=None)
NOTHING = Scope()


class Person(Protocol):
    """What the kernel needs to know of a signed-in person (accounts.domain.Actor)."""

    @property
    def user_id(self) -> int: ...
    @property
    def display_name(self) -> str: ...
    @property
    def must_change_password(self) -> bool: ...
    def scope_of(self, permission: Permission) -> Scope | None: ...
