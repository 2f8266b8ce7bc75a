"""The verbs of this stage: every write to people, bureaus, roles and sign-ins."""

from app.accounts.places import SHAOXING, BureauPlan, CountyPlan
from app.accounts.services.authorising import NO_PAPER, Paper
from app.accounts.services.bureaus import load_calendar, make_setup_code, set_up_bureau
from app.accounts.services.changing import change_password, reset_password
from app.accounts.services.confirming import Confirmed, confirm_password
from app.accounts.services.enterprise_people import (
    NewPerson,
    close_person,
    extend_agent,
    lend_agent,
    open_person,
)
from app.accounts.services.idle import disable_idle
from app.accounts.services.people import (
    NewAccount,
    OneTime,
    disable_account,
    enable_account,
    end_grant,
    follow_code,
    grant_role,
    one_time,
    open_account,
    unlock_account,
)
from app.accounts.services.refusal import AccountRefused
from app.accounts.services.set_up import FirstPeople, SetUpRefused, set_up_installation
from app.accounts.services.sign_in import (
    SignInRefused,
    end_other_sessions,
    end_session,
    note_seen,
    sign_in,
    sign_out,
)

__all__ = [
    "NO_PAPER",
    "SHAOXING",
    "AccountRefused",
    "BureauPlan",
    "Confirmed",
    "CountyPlan",
    "FirstPeople",
    "NewAccount",
    "NewPerson",
    "OneTime",
    "Paper",
    "SetUpRefused",
    "SignInRefused",
    "change_password",
    "close_person",
    "confirm_password",
    "disable_account",
    "disable_idle",
    "enable_account",
    "end_grant",
    "end_other_sessions",
    "end_session",
    "extend_agent",
    "follow_code",
    "grant_role",
    "lend_agent",
    "load_calendar",
    "make_setup_code",
    "note_seen",
    "one_time",
    "open_account",
    "open_person",
    "reset_password",
    "set_up_bureau",
    "set_up_installation",
    "sign_in",
    "sign_out",
    "unlock_account",
]
