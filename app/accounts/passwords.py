"""Passwords (口令): what is accepted, how one is made for a person, and how it is kept."""

from __future__ import annotations

import secrets
import string
import threading
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from app.accounts.domain import name_key

MAX_LENGTH = 128
"""Longer input is refused before any work is done for it."""


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a bureau asks of passwords; the values are those of 等保 (GB/T 22239-2019 8.1.4.1)."""

    min_length: int = 10
    min_classes: int = 3
    max_age: timedelta = timedelta(days=90)
    remembered: int = 5
    """So many of the last passwords, the present one among them, are not taken again."""


POLICY = PasswordPolicy()

# Words that office passwords are made of. A password is weak when nothing is left of it but
# such words, years, and runs such as 123 or !!!.
_WEAK_WORDS = (
    "password", "passw0rd", "p@ssw0rd", "p@ssword", "pass", "admin", "administrator", "root",
    "qwertyuiop", "qwerty", "qwer", "asdfghjkl", "asdf", "zxcvbnm", "zxcv", "1qaz", "2wsx", "3edc",
    "qaz", "wsx", "edc", "iloveyou", "welcome", "letmein", "changeme", "abcd", "abc", "aa", "bb",
    "huanbao", "huanbaoju", "shengtai", "huanjing", "shengtaihuanjing", "sthj", "hbj", "sthjj",
    "zhejiang", "shaoxing", "yuecheng", "keqiao", "shangyu", "xinchang", "zhuji", "shengzhou",
    "zj", "sx", "test", "guest", "user", "demo", "jixiao", "woaini", "woaizhongguo", "zhongguo",
    "china", "gov", "work", "office", "bangong", "mima", "denglu", "hello", "super", "system",
    "1314", "520",
)  # fmt: skip
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_SYMBOL_ROW = "!@#$%^&*()_+"
_LEFTOVER = 4
"""So many characters beside weak words and runs are too few to guess with effort."""


def classes_in(password: str) -> int:
    """How many of the four kinds (大写、小写、数字、符号) it uses; 汉字 count as symbols."""
    return sum(
        (
            any(c in string.ascii_uppercase for c in password),
            any(c in string.ascii_lowercase for c in password),
            any(c in string.digits for c in password),
            any(c not in string.ascii_letters + string.digits for c in password),
        )
    )


def why_not_password(
    password: str, *, names: tuple[str, ...] = (), policy: PasswordPolicy = POLICY
) -> str | None:
    """What is wrong with a new password; None when nothing is.

    ``names``: account name, person, bureau and county, none of which it may contain.
    """
    if len(password) > MAX_LENGTH:
        return f"口令最多 {MAX_LENGTH} 个字符。请改短。"
    if len(password) < policy.min_length:
        return f"口令至少 {policy.min_length} 个字符。请加长。"
    if classes_in(password) < policy.min_classes:
        return f"口令应包含大写字母、小写字母、数字、符号中的至少 {policy.min_classes} 类。请补足。"
    folded = _folded(password)
    if any(len(key) > 1 and key in folded for key in map(name_key, names)):
        return "口令不能包含账号名、姓名或单位名称。请更换。"
    if is_common(password):
        return "口令由常见词、年份或连续字符组成，容易被猜到。请更换。"
    return None


def is_common(password: str) -> bool:
    """Whether hardly anything is left beside weak words, years and runs."""
    return _unguessable_characters(_folded(password)) < _LEFTOVER


def _folded(password: str) -> str:
    return unicodedata.normalize("NFKC", password).casefold()


def _unguessable_characters(folded: str) -> int:
    left, position = 0, 0
    while position < len(folded):
        step = _guessable_length(folded, position)
        left += not step
        position += step or 1
    return left


def _guessable_length(folded: str, position: int) -> int:
    """How many characters from here on are a weak word or a run of at least three."""
    rest = folded[position:]
    word = max((len(word) for word in _WEAK_WORDS if rest.startswith(word)), default=0)
    return max(word, _run_length(rest), _year_length(rest))


def _run_length(rest: str) -> int:
    same = len(rest) - len(rest.lstrip(rest[0]))
    best = same if same > 2 else 0
    for row in (*_ROWS, _SYMBOL_ROW):
        for line in (row, row[::-1]):
            length = 1
            while length < len(rest) and rest[: length + 1] in line:
                length += 1
            best = max(best, length if length > 2 else 0)
    return best


def _year_length(rest: str) -> int:
    year = rest[:4]
    return 4 if year.isdecimal() and year.isascii() and year[:2] in {"19", "20"} else 0


_READABLE = ("ABCDEFGHJKLMNPQRTUVWXY", "abcdefghjkmnpqrtuvwxy", "346789")


def one_time_password() -> str:
    """A random password for a first sign-in, easy to copy from paper: no 0/O, 1/l/I, 5/S, 2/Z."""
    alphabet = "".join(_READABLE)
    while True:
        word = "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
        if classes_in(word) == len(_READABLE) + 1 and not is_common(word):
            return word


def is_expired(changed_at: datetime, at: datetime, policy: PasswordPolicy = POLICY) -> bool:
    """Whether a password of that age has to be changed."""
    return at - changed_at >= policy.max_age


# scrypt takes 32 MiB and about a tenth of a second each; more at once would only wait for cores.
_at_work = threading.BoundedSemaphore(4)


@cache
def _nobodys() -> str:
    return hashed(secrets.token_hex(16))


def hashed(password: str) -> str:
    """What is kept of a password: a salted scrypt hash."""
    with _at_work:
        return generate_password_hash(password, method="scrypt")


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password kept; as slow for ``None`` (no such account) as for others."""
    if len(password) > MAX_LENGTH:
        return False
    against = stored or _nobodys()
    with _at_work:
        return check_password_hash(against, password) and stored is not None
