"""What every page of lists and allocations shares: the reach, told reasons, downloads."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import abort, render_template, request
from werkzeug import Response

from app.accounts.queries import list_bureaus
from app.kernel import files
from app.kernel.asked import Asked
from app.kernel.authority import Permission
from app.kernel.htmx import htmx_redirect
from app.kernel.permissions import current_actor, scope_for
from app.kernel.verdicts import Reason
from app.policy.documents import Document, Table
from app.policy.domain import DoublePlant
from app.policy.exports import MEDIA_TYPES, content_of

LONGEST_NAME_PART = 60
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class Reach:
    """The counties (区县) whose rows a person may see, by code with their short names."""

    names: Mapping[str, str]
    is_everything: bool
    chosen: str = ""
    """The one county the page was asked for."""

    @property
    def counties(self) -> list[str] | None:
        """The counties whose rows are shown; None for all."""
        if self.chosen:
            return [self.chosen]
        return None if self.is_everything else sorted(self.names)

    @property
    def allowed(self) -> list[str] | None:
        """The counties whose rows may be seen, whether or not they are shown; None for all."""
        return None if self.is_everything else sorted(self.names)

    def covers(self, county: str) -> bool:
        """Whether rows of the county may be seen."""
        return self.is_everything or county in self.names

    @property
    def words(self) -> str:
        """Whose rows are shown: 全市, or the names of the counties."""
        shown = self.counties
        return "全市" if shown is None else "、".join(self.names.get(it, it) for it in shown)


def reach_of(permission: Permission, county: str = "") -> Reach:
    """How far the signed-in person's permission reaches, and the county asked for within it."""
    scope = scope_for(permission)
    names = {
        bureau.code: bureau.short_name
        for bureau in list_bureaus("county")
        if scope.covers(county=bureau.code)
    }
    return Reach(names, scope.is_everything, county if county in names else "")


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A reason whose facts are told in words, each a link to its line on the plant's page."""

    clause: str
    text: str
    met: bool
    facts: tuple[tuple[str, str], ...]


def linked(
    reasons: Iterable[Reason], words: Mapping[str, str], plant_url: str = ""
) -> list[ShownReason]:
    """Reasons as pages show them; ``words`` tell each fact, ``plant_url`` is empty on that page."""
    return [
        ShownReason(
            it.clause,
            it.text,
            it.met,
            tuple((words.get(fact, fact), f"{plant_url}#{fact}") for fact in it.facts),
        )
        for it in reasons
    ]


def cannot_run(error: Exception) -> tuple[str, int]:
    """The page that says why no list can be made (409)."""
    sentence = str(error)
    if isinstance(error, DoublePlant) and not scope_for(Permission.POLICY_VIEW).is_everything:
        sentence = "企业台账中有厂区重复，名次无法确定。请联系市级经办人核对企业台账。"
    return render_template("policy/cannot_run.html", sentence=sentence), 409


def form_wanted() -> str:
    """The form of file (json, csv, xlsx) that the button named; 422 for any other."""
    form = request.form.get("format", "")
    if form not in MEDIA_TYPES:
        abort(422, "没有这种导出格式。请从页面上的按钮中选择。")
    return form


def sound_or_refused(asked: Asked) -> Asked:
    """What a file is to be made of; a day or moment that cannot be read is refused (422)."""
    if not asked.is_sound:
        abort(422, "截至日期或所知时间无法识别，没有导出。请返回清单页改正后再导出。")
    return asked


def offer(
    document: Document, table: Table, form: str, name: Iterable[str], purpose: str
) -> Response:
    """Make the file for this person and send them to where it is fetched.

    ``name`` are the parts of its name. Both the making and the fetching are audited.
    """
    return offer_file(content_of(document, table, form), form, name, purpose)


def offer_file(content: bytes, form: str, name: Iterable[str], purpose: str) -> Response:
    """The same for bytes that are there already; ``form`` ends the file's name."""
    person = current_actor()
    if person is None:
        abort(403)
    parts = [_NOT_IN_FILE_NAMES.sub("_", part)[:LONGEST_NAME_PART] for part in name]
    filename = f"{'_'.join(filter(None, parts))}.{form}"
    stream = io.BytesIO(content)
    url = files.offer_download(stream, filename, MEDIA_TYPES[form], purpose, person.user_id)
    return htmx_redirect(url)
