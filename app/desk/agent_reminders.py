"""代办授权到期提醒: before an agent's last day whoever can prolong the authorisation is told, once.

The agent, the enterprise's signatories, and the county, as many days ahead as the bureau has set. A
daily duty that looks at who is about to end, so nobody need push anything.
"""

from __future__ import annotations

from datetime import date

from app.desk.queries.people import PersonOfEnterprise, ending_agents
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.inbox.queries import sent_matters
from app.kernel import audit, daily
from app.kernel.authority import Permission
from app.kernel.transaction import close, writing
from app.registry.queries import counties_of

_SOURCE = "agent-ending:"
_TITLE = "代办授权即将到期"


def source_of(grant_id: int) -> str:
    """Names what was sent of the end of a grant; its extension or closing settles it."""
    return f"{_SOURCE}{grant_id}"


def remind_of_agents(day: date) -> None:
    """Send what has not been sent yet; a second time finds it sent."""
    try:
        sent = sent_matters(_SOURCE)
        ending = [it for it in ending_agents(day) if source_of(it.grant_id) not in sent]
        counties = {it.grant_id: sorted(counties_of({it.enterprise_id})) for it in ending}
    finally:
        close()
    if not ending:
        return
    with writing("每日事项"):
        for it in ending:
            _tell(it, counties[it.grant_id])
        audit.record("authorisation.reminded", "authorisation", "", {"代办授权": len(ending)})


def _tell(it: PersonOfEnterprise, counties: list[str]) -> None:
    ends = (
        f"{it.name}为{it.enterprise_name}代办的授权至 {it.until_on}（含当日），次日起不能再办理。"
    )
    longer = "需要继续的，凭企业新的授权书到厂区所在的区县分局办理延期。"
    _send(it, Audience(user_id=it.user_id), "/filing/", f"{ends}{longer}")
    signatories = Audience(Permission.ACCOUNT_OWN_PEOPLE, enterprise_id=it.enterprise_id)
    _send(it, signatories, f"/desk/own-people/{it.grant_id}", f"{ends}{longer}")
    for county in counties:
        officers = Audience(Permission.ACCOUNT_ENTERPRISE, county=county)
        told = f"{ends}企业提出延期的，凭新的授权书办理。"
        _send(it, officers, f"/desk/people/{it.grant_id}", told)


def _send(it: PersonOfEnterprise, audience: Audience, link: str, body: str) -> None:
    inbox.send(
        MessageKind.NOTICE,
        f"{_TITLE}：{it.name}（{it.enterprise_name}）",
        audience,
        link=link,
        source=source_of(it.grant_id),
        body=body,
        due_on=it.until_on,
    )


daily.each_day("代办授权到期提醒", remind_of_agents)
