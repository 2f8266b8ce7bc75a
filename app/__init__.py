"""重点行业绩效分级管理系统: grading key-industry enterprises (重点行业绩效分级)."""

from __future__ import annotations

from flask import Flask
from jinja2 import StrictUndefined

from app.accounts import audit_words as accounts_words
from app.accounts import commands as accounts_commands
from app.accounts import entrance, sessions
from app.accounts import queries as accounts_queries
from app.accounts import routes as accounts_routes
from app.approvals import audit_words as approvals_words
from app.approvals import routes as approvals_routes
from app.approvals import services as approvals_services
from app.approvals.domain import Kind
from app.demo import audit_words as demo_words
from app.demo import commands as demo_commands
from app.desk import account_follow, merging, rulebook_kinds
from app.desk import audit_words as desk_words
from app.desk import proposals as desk_proposals
from app.desk import routes as desk_routes
from app.filing import audit_words as filing_words
from app.filing import checks as filing_checks
from app.filing import commitment_checks, window_checks
from app.filing import hookspecs as filing_hookspecs
from app.filing import proposals as filing_proposals
from app.filing import routes as filing_routes
from app.filing import settings as filing_settings
from app.grades import audit_words as grades_words
from app.grades import commands as grades_commands
from app.grades import services as grades_services
from app.inbox import audit_words as inbox_words
from app.inbox import routes as inbox_routes
from app.indicators import audit_words as indicators_words
from app.indicators import proposals as indicators_proposals
from app.indicators import routes as indicators_routes
from app.issuing import audit_words as issuing_words
from app.issuing import commands as issuing_commands
from app.issuing import measures as issuing_measures
from app.issuing import routes as issuing_routes
from app.issuing import services as issuing_services
from app.issuing import subjects
from app.issuing.subjects import Subject
from app.kernel import (
    audit_words,
    command_groups,
    commands,
    database,
    hooks,
    logs,
    look,
    routes,
    transaction,
    web,
)
from app.kernel.config import Config
from app.kernel.entrance import Narrowed, name_office_with
from app.ledger import audit_words as ledger_words
from app.ledger import commands as ledger_commands
from app.ledger import routes as ledger_routes
from app.operations import audit_words as operations_words
from app.operations import commands as operations_commands
from app.operations import routes as operations_routes
from app.policy import builtin, hookspecs
from app.policy import commands as policy_commands
from app.policy import routes as policy_routes
from app.portal import audit_words as portal_words
from app.portal import calendar_kind
from app.portal import routes as portal_routes
from app.registry import audit_words as registry_words
from app.registry import queries as registry_queries
from app.registry import services as registry_services
from app.rights import audit_words as rights_words
from app.rights import commands as rights_commands
from app.rights import issued as rights_issued
from app.rights import routes as rights_routes
from app.rights.services import proposals as rights_proposals
from app.rulebook import audit_words as rulebook_words
from app.rulebook import routes as rulebook_routes
from app.supervision import services as supervision_services

BLUEPRINTS = (
    routes.blueprint,
    accounts_routes.blueprint,
    inbox_routes.blueprint,
    approvals_routes.blueprint,
    rulebook_routes.blueprint,
    indicators_routes.blueprint,
    filing_routes.blueprint,
    policy_routes.blueprint,
    issuing_routes.blueprint,
    rights_routes.blueprint,
    ledger_routes.blueprint,
    operations_routes.blueprint,
    desk_routes.blueprint,
    portal_routes.blueprint,
)
COMMANDS = (
    commands,
    accounts_commands,
    grades_commands,
    policy_commands,
    issuing_commands,
    rights_commands,
    ledger_commands,
    operations_commands,
    demo_commands,
)
AUDIT_WORDS = (
    accounts_words,
    inbox_words,
    approvals_words,
    rulebook_words,
    indicators_words,
    registry_words,
    grades_words,
    filing_words,
    rights_words,
    issuing_words,
    ledger_words,
    operations_words,
    desk_words,
    portal_words,
    demo_words,
)
PROPOSALS: tuple[Kind, ...] = (
    *rulebook_kinds.KINDS,
    calendar_kind.KIND,
    indicators_proposals.KIND,
    filing_proposals.KIND,
    *rights_proposals.KINDS,
    *desk_proposals.KINDS,
    merging.KIND,
    account_follow.KIND,
)
"""What is put before a second person; each stage that proposes names its kinds here."""

LIST_SUBJECTS: tuple[Subject, ...] = (issuing_measures.SUBJECT, rights_issued.SUBJECT)
"""What can be issued as a signed list; each stage that has one names it here."""

for stage in AUDIT_WORDS:
    audit_words.name(stage.ACTIONS, stage.OBJECTS)


def create_app(config: Config | None = None) -> Flask:
    """The app for one installation; ``config`` defaults to the environment's."""
    settings = config or Config.from_environment()
    app = (
        Narrowed(__name__, entrance.is_for_filers)
        if settings.for_filers
        else Flask(__name__, static_folder=None)
    )
    app.config.update(
        CONFIG=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME=settings.cookie_name,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,
    )
    app.jinja_env.undefined = StrictUndefined
    app.cli = command_groups.AllCommands(app.name)
    database.init_database(app, settings)
    with app.app_context():
        transaction.watch_changes(database.db.engine)
    hooks.load_plugins(
        app,
        settings.instance_dir / "plugins",
        [hookspecs, filing_hookspecs],
        [builtin, filing_checks, commitment_checks, window_checks],
    )
    sessions.init_sessions(app)
    entrance.close_main_door_with(filing_settings.main_door_is_closed)
    name_office_with(app, filing_settings.office_for_enterprises)
    accounts_queries.resolve_enterprises_with(registry_queries.enterprise_ids_of)
    registry_services.hand_facts_on_with(supervision_services.hand_on)
    logs.init_app(app, settings)
    web.init_web(app, sign_in_first=sessions.sign_in_first)
    look.init_app(app)
    grades_services.follow_facts()
    registry_services.follow_listing(grades_services.shown_standings)
    issuing_services.follow_register()
    for kind in PROPOSALS:
        approvals_services.define(kind)
    for subject in LIST_SUBJECTS:
        subjects.register(subject)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for module in COMMANDS:
        module.register(app)
    return app
