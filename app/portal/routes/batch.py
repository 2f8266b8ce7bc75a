"""From the register list to a batch change (批量修改): the plants picked, or all of the list."""

from __future__ import annotations

from flask import flash, request, url_for
from werkzeug import Response

from app.desk.routes.batch import batch_page, chosen_plants
from app.kernel import htmx
from app.kernel.asked import asked_in
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for
from app.portal.forms import read_register_filter
from app.portal.queries.register import export_register
from app.portal.routes.blueprint import blueprint


@blueprint.post("/register/batch")
@requires(Permission.REGISTER_EDIT)
def batch_register() -> Response | str:
    """What to change for the plants picked, or for every plant of the list as filtered."""
    if request.form.get("which") == "all":
        wanted = read_register_filter(request.args, asked_in(request.args).on)
        rows = export_register(wanted, scope_for(Permission.REGISTER_EDIT))
        ids = ",".join(str(row[0]) for row in rows)
    else:
        ids = ",".join(request.form.getlist("plant"))
    plants, _ = chosen_plants(ids)
    if not plants:
        flash("没有选择厂区。请在列表中勾选厂区，再点击“批量修改所选”。", "problem")
        return htmx.htmx_redirect(url_for("portal.register"))
    return batch_page(plants)
