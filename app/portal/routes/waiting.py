"""The answer while all standings are being derived anew (等待推算完成)."""

from __future__ import annotations

from flask import Response, make_response, render_template

from app.grades.queries import Rebuild
from app.grades.waiting import StandingsWait
from app.kernel import transaction
from app.portal.routes.blueprint import blueprint

SECONDS_BETWEEN_LOOKS = 5


@blueprint.app_errorhandler(StandingsWait)
def wait(waits: StandingsWait) -> Response:
    """Say how far it is, and look again by itself."""
    transaction.close()
    response = make_response(
        render_template(
            "portal/waiting.html",
            told=told(waits.rebuild),
            refresh_seconds=SECONDS_BETWEEN_LOOKS,
        ),
        503,
    )
    response.headers["Retry-After"] = str(SECONDS_BETWEEN_LOOKS)
    return response


def told(rebuild: Rebuild | None) -> str:
    """How far it is, or that nobody has begun."""
    if rebuild is None:
        return "推算尚未开始，请系统管理员重新启动服务，或运行命令 grades refresh。"
    return f"{rebuild.told}。"
