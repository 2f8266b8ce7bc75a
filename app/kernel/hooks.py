"""Plugins (插件): stages declare hook specifications, built-ins and local files implement them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pluggy
from flask import Flask, current_app

PROJECT = "jixiao"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class PluginError(Exception):
    """A plugin cannot be loaded; the text names the file, the fault and the mend."""


def plugin_manager() -> pluggy.PluginManager:
    """The plugin manager of the running app."""
    manager: pluggy.PluginManager = current_app.extensions["plugins"]
    return manager


def new_plugin_manager(
    specifications: list[ModuleType], built_in: list[ModuleType]
) -> pluggy.PluginManager:
    """A manager that knows the given specifications and holds the built-in plugins."""
    manager = pluggy.PluginManager(PROJECT)
    for module in specifications:
        manager.add_hookspecs(module)
    for module in built_in:
        manager.register(module, name=f"built-in:{module.__name__}")
    return manager


def load_plugins(
    app: Flask, folder: Path, specifications: list[ModuleType], built_in: list[ModuleType]
) -> None:
    """Register built-ins and every ``*.py`` of the bureau's plugin folder, then check them all."""
    manager = new_plugin_manager(specifications, built_in)
    for path in sorted(folder.glob("*.py")) if folder.is_dir() else []:
        manager.register(load_plugin_file(path), name=f"plugin:{path.name}")
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"插件实现了不存在的挂钩：{error}。请对照挂钩清单改正名称。") from error
    app.extensions["plugins"] = manager


def load_plugin_file(path: Path) -> ModuleType:
    """The module in ``path``. Raises PluginError naming file, line and fault."""
    specification = importlib.util.spec_from_file_location(f"plugin_{path.stem}", path)
    if specification is None or specification.loader is None:
        raise PluginError(f"{path}：不是 Python 文件。请使用 .py 文件。")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except SyntaxError as error:
        raise PluginError(f"{path}，第 {error.lineno} 行：语法错误（{error.msg}）。") from error
    except (Exception, SystemExit) as error:
        raise PluginError(f"{path}：载入失败（{type(error).__name__}：{error}）。") from error
    return module
