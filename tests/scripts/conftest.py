"""A bundle for the tests of what is done with one (离线安装包)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.serving import script

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for this machine, made as a person makes it; with a stand-in for the large fonts."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "fonts").mkdir()
    (folder / "fonts" / "仿宋.ttf").write_bytes(b"a font")
    options = ("--python", HERE, "--fonts", folder / "fonts", "--output", folder)
    made = script("bundle.py", *options, cwd=folder)
    assert made.returncode == 0, made.stderr
    (found,) = folder.glob("*.tar.gz")
    assert str(found) in made.stdout
    return found
