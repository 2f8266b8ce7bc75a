"""What a web server calls (服务入口): the app, or word that a backup is being restored.

A restore exchanges everything under a running server: rows, key, settings, measures, plugins. No
request runs meanwhile, and the first one afterwards finds an app that was made anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask

from app.kernel import collector, presence
from app.kernel.config import Config, ConfigError
from app.kernel.database import db
from app.kernel.hooks import PluginError
from app.kernel.turns import Turns
from app.kernel.web import unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_RETRY_SECONDS = 5


class Served:
    """The WSGI application around an app; ``make`` makes the next one after a restore."""

    def __init__(self, first: Flask, make: Callable[[], Flask]) -> None:
        config: Config = first.config["CONFIG"]
        self._instance = config.instance_dir
        self._generation = presence.generation(self._instance)
        self._answer = first.wsgi_app
        self._app = first
        self._make = make
        self._renewing = threading.Lock()
        self._turns = Turns()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            presence.stay_present(self._instance)
            with presence.at_work(self._instance), self._turns.turn():
                self._follow()
                return self._answer(environ, start_response)
        except presence.InUse:
            problem = "正在恢复备份，请稍后再试。"
        except (ConfigError, PluginError) as unusable:
            problem = f"备份已恢复，但其中的设置不能使用：{unusable}"
        with self._app.request_context(environ):
            told = unavailable(problem, _RETRY_SECONDS)
        return told(environ, start_response)

    def _follow(self) -> None:
        """Take the app that goes with the contents the installation has now."""
        if presence.generation(self._instance) == self._generation:
            return
        with self._renewing:
            generation = presence.generation(self._instance)
            if generation == self._generation:
                return
            with self._app.app_context():
                db.engine.dispose()
            self._app = self._make()
            self._answer = self._app.wsgi_app
            collector.settle()
            self._generation = generation
