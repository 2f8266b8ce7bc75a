"""The first visit (首次设置): the bureau and its first two administrators, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import passwords
from app.accounts.domain import Role, name_key, why_not_name
from app.accounts.places import BureauPlan, plan_problems, short_name
from app.accounts.queries import has_accounts
from app.accounts.services.bureaus import is_setup_code, set_up_bureau, void_setup_code
from app.accounts.services.people import NewAccount, grant_role, open_account


@dataclass(frozen=True, slots=True)
class FirstPeople:
    """Who will run the system, and who will give out its accounts: two different people."""

    system_name: str
    system_person: str
    security_name: str
    security_person: str
    password: str
    password_again: str


class SetUpRefused(Exception):
    """The input cannot be used; ``problems`` are pairs (input, sentence)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(problems[0][1])
        self.problems = problems


def set_up_installation(code: str, plan: BureauPlan | None, people: FirstPeople) -> NewAccount:
    """Make the bureau, the system administrator and the security administrator.

    ``plan`` is None when a command has already made the bureau.
    The system administrator's password is the one typed; the security administrator gets a
    one-time password, so that neither knows the other's. Raises SetUpRefused.
    """
    problems = [*_code_problems(code), *_people_problems(people, plan)]
    if plan is not None:
        problems += plan_problems(plan)
    if problems:
        raise SetUpRefused(problems)
    kept = passwords.hashed(people.password)  # takes long: before the writer's lock
    if has_accounts():
        raise SetUpRefused([("code", "系统已经设置完成。请直接登录。")])
    if plan is not None:
        set_up_bureau(plan)
    system = open_account(people.system_name, people.system_person, password_hash=kept)
    grant_role(system.user_id, Role.SYSTEM_ADMIN)
    security = open_account(people.security_name, people.security_person)
    grant_role(security.user_id, Role.SECURITY_ADMIN)
    void_setup_code()
    return security


def _code_problems(code: str) -> list[tuple[str, str]]:
    if is_setup_code(code):
        return []
    return [("code", "设置码不正确或已失效。请填写启动时显示的设置码；重新启动会给出新的。")]


def _people_problems(people: FirstPeople, plan: BureauPlan | None) -> list[tuple[str, str]]:
    problems = []
    for field, name in (
        ("system_name", people.system_name), ("security_name", people.security_name)
    ):  # fmt: skip
        if problem := why_not_name(name):
            problems.append((field, problem))
    for field, shown in (
        ("system_person", people.system_person), ("security_person", people.security_person)
    ):  # fmt: skip
        if not 2 <= len(shown) <= 40:
            problems.append((field, "姓名应为 2 至 40 个字。请填写。"))
    if name_key(people.system_name) == name_key(people.security_name):
        problems.append(("security_name", "系统管理员和安全管理员必须是两个账号。请另填一个。"))
    if people.system_person and people.system_person == people.security_person:
        problems.append(("security_person", "系统管理员和安全管理员必须是两个人。请另填一人。"))
    places = (plan.city, *(county.name for county in plan.counties)) if plan else ()
    names = (people.system_name, people.system_person, *map(short_name, places))
    if problem := passwords.why_not_password(people.password, names=names):
        problems.append(("password", problem))
    elif people.password != people.password_again:
        problems.append(("password_again", "两次输入的口令不一致。请重新输入。"))
    return problems
