"""Tables of people, bureaus, roles and sign-ins."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, UTCMoment


class Bureau(Base):
    """A bureau (生态环境局 / 分局) or zone without a division code of its own (功能区)."""

    __tablename__ = "bureau"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    short_name: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(8))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("bureau.code"))
    former_codes: Mapped[str] = mapped_column(String(60), default="")
    local_code: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("level IN ('province','city','county')", name="level"),
        CheckConstraint("length(code) = 6", name="code"),
    )


class UserAccount(Base):
    """A person's account (账号)."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(20), default="", server_default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    password_changed_at: Mapped[datetime] = mapped_column(UTCMoment)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    disabled_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    created_at: Mapped[datetime] = mapped_column(UTCMoment)
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer, default=1)

    __table_args__ = ({"sqlite_autoincrement": True},)


class FormerPassword(Base):
    """A password a person bore before (曾用口令), as its hash; only the last few are kept."""

    __tablename__ = "former_password"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(255))

    __table_args__ = ({"sqlite_autoincrement": True},)


class RoleGrant(Base):
    """A role held by a person within a scope, from day to day (授权); ended, never deleted."""

    __tablename__ = "role_grant"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    county: Mapped[str | None] = mapped_column(ForeignKey("bureau.code"))
    uscc: Mapped[str | None] = mapped_column(String(18))
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    granted_by: Mapped[int | None] = mapped_column(BigInteger)
    granted_at: Mapped[datetime] = mapped_column(UTCMoment)
    ended_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    ended_by: Mapped[int | None] = mapped_column(BigInteger)
    ended_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")

    __table_args__ = (
        CheckConstraint(
            "role IN ('filer','signatory','agent','county-officer','county-head','city-officer',"
            "'city-head','province-recorder','rule-editor','auditor','system-admin',"
            "'security-admin')",
            name="role",
        ),
        CheckConstraint(
            "(role IN ('county-officer','county-head')) = (county IS NOT NULL)", name="county"
        ),
        CheckConstraint(
            "(role IN ('filer','signatory','agent')) = (uscc IS NOT NULL)", name="uscc"
        ),
        {"sqlite_autoincrement": True},
    )


class AgentAuthorisation(Base):
    """The paper (授权书) by which an enterprise lets an agent (代办人) act, until its last day.

    Never altered: a longer one is another paper with a grant of its own.
    """

    __tablename__ = "agent_authorisation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("role_grant.id"), unique=True)
    until_on: Mapped[date] = mapped_column(Date)
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(UTCMoment)
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)
    recorded_by_name: Mapped[str] = mapped_column(String(60))

    __table_args__ = ({"sqlite_autoincrement": True},)


class SignInSession(Base):
    """A signed-in browser (会话), known by the hash of its token; dead once ended."""

    __tablename__ = "sign_in_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UTCMoment)
    seen_at: Mapped[datetime] = mapped_column(UTCMoment)
    ended_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(200))


class SignInAttempt(Base):
    """A failed sign-in (登录失败), kept in the database so that every process counts the same."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    name_key: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(UTCMoment)

    __table_args__ = (
        Index("ix_sign_in_attempt_name_key", "name_key", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
        {"sqlite_autoincrement": True},
    )
