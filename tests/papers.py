"""An office that makes papers: an app that knows its folder, and nothing else."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from app.kernel.config import Config


def office(folder: Path) -> Flask:
    """Knows its folder, and nothing else."""
    app = Flask("office")
    app.config["CONFIG"] = Config(instance_dir=folder, database_url="sqlite://", secret_key="x")
    return app
