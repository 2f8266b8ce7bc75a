"""The lock files pin everything by hash and name no registry (依赖锁定)."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-pip.lock")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(name: str) -> dict[str, str]:
    return {
        match[1]: match[2]
        for line in (ROOT / name).read_text().splitlines()
        if (match := PINNED.match(line))
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_is_a_pinned_package_or_a_hash(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if not PINNED.match(line) and not HASH.match(line)] == []
    for line, following in itertools.pairwise(lines):
        assert not PINNED.match(line) or HASH.match(following), f"no hash: {line}"


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_is_named(name: str) -> None:
    assert not re.search(r"https?:|//|--(extra-)?index|--find-links", (ROOT / name).read_text())


@pytest.mark.parametrize("name", LOCKS)
def test_django_comes_as_files_only(name: str) -> None:
    assert not {"django", "asgiref"} & pins(name).keys()


def test_tests_run_with_the_versions_that_are_served() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    direct = [re.split(r"[\[=~;<>! ]", line)[0] for line in project["project"]["dependencies"]]
    tests = [re.split(r"[\[=~;<>! ]", line)[0] for line in project["dependency-groups"]["dev"]]
    assert set(direct) <= pins("requirements.lock").keys()
    assert set(direct + tests) <= pins("requirements-dev.lock").keys()
