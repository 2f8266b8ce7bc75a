"""企业账号: opened and closed for enterprises within reach, and their signatories told of it."""

from __future__ import annotations

from app.accounts import services as accounts
from app.accounts.domain import Role
from app.accounts.enterprise_people import why_not_reissue
from app.accounts.queries import grants_of
from app.accounts.services import AccountRefused, NewAccount, NewPerson, OneTime, Paper
from app.desk.agent_reminders import source_of
from app.desk.queries.enterprises import EnterpriseFound
from app.desk.queries.people import PersonOfEnterprise, usccs_within
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import clock
from app.kernel.authority import Permission, Scope


def open_person(
    found: EnterpriseFound, person: NewPerson, paper: Paper, made: OneTime
) -> tuple[NewAccount, int]:
    """A new account for the enterprise; returns it with the id of its grant."""
    account, grant_id = accounts.open_person(found.uscc, person, paper, made)
    _tell(found.enterprise_id, "新开企业账号", f"{account.display_name}（{person.role.label}）")
    return account, grant_id


def lend_agent(found: EnterpriseFound, name: str, paper: Paper) -> int:
    """An agent with an account acts for one more enterprise; returns the id of the grant."""
    grant_id = accounts.lend_agent(name, found.uscc, paper)
    _tell(found.enterprise_id, "新增代办人", f"账号 {name}（{Role.AGENT.label}）")
    return grant_id


def extend_agent(it: PersonOfEnterprise, paper: Paper) -> int:
    """A new paper prolongs what an agent may do; returns the id of the new grant."""
    grant_id = accounts.extend_agent(it.grant_id, paper)
    inbox.settle(source_of(it.grant_id))
    _tell(it.enterprise_id, "代办授权延期", f"{it.name}（至 {paper.until_on}，含当日）")
    return grant_id


def close_person(it: PersonOfEnterprise, reason: str) -> None:
    """A leaver is out at once; filings and tasks stay with the enterprise."""
    accounts.close_person(it.grant_id, reason)
    inbox.settle(source_of(it.grant_id))
    _tell(it.enterprise_id, "企业账号已关闭", f"{it.name}（{it.role.label}），理由：{reason}")


def reissue(it: PersonOfEnterprise, scope: Scope, made: OneTime) -> NewAccount:
    """A new slip in place of a lost one; the former password no longer opens anything."""
    held = grants_of(it.user_id)
    if it.state.is_gone:
        raise AccountRefused("该账号已不能登录，不能补发账号单。请重新开户。")
    reached = usccs_within({grant.uscc for grant in held if grant.uscc}, scope)
    if problem := why_not_reissue(held, reached, clock.today()):
        raise AccountRefused(problem)
    return accounts.reset_password(it.user_id, made)


def _tell(enterprise_id: int, title: str, body: str) -> None:
    """The signatories learn of everyone who may act in the enterprise's name."""
    inbox.send(
        MessageKind.NOTICE,
        title,
        Audience(permission=Permission.ACCOUNT_OWN_PEOPLE, enterprise_id=enterprise_id),
        link="/desk/own-people",
        source=f"enterprise-people:{enterprise_id}",
        body=f"{body}。不是本企业人员或不再为本企业办理的，请在“本企业人员”中关闭。",
    )
