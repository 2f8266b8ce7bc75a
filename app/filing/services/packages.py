"""离线填报包: a filing begun for it at the county, and the package issued."""

from __future__ import annotations

import io
import secrets

from sqlalchemy import insert

from app.approvals.domain import Refused
from app.filing.domain import Kind, Way
from app.filing.models import FilingPackage
from app.filing.offline_zip import manifest_of, write_package
from app.filing.queries import find_by_form, working
from app.filing.services.course import enter, held, open_for_entries
from app.filing.services.starting import start
from app.filing.services.window import tell_enterprise
from app.kernel import clock
from app.kernel.canonical import canonical
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.registry.queries import PlantOnRecord
from app.rulebook.domain import Grade


def start_for_package(
    plant: PlantOnRecord, year: int, kind: Kind, target: Grade, *, form_key: str
) -> int:
    """Begin, at the county, a filing that an enterprise fills in without the app; returns its id.

    The same form sent twice is one filing. Raises NotAdmitted.
    """
    made = find_by_form(form_key)
    if made is not None:
        return made
    filing_id = start(plant, year, kind, target, way=Way.PACKAGE, at_office=True,
                      form_key=form_key)  # fmt: skip
    filing = held(filing_id)
    tell_enterprise(filing, f"区县窗口已为贵单位建立申报：{filing.title}",
                    f"由{filing.opened_by_name}建立，用离线填报包填写。填好的包交到窗口，或者由本单位"
                    "填报人在网上导入；也可以直接在网上填报。")  # fmt: skip
    return filing_id


def issue_package(filing_id: int) -> tuple[str, bytes]:
    """Make a package of the filing as it stands: its number and the zip. Raises Refused."""
    filing = open_for_entries(filing_id)
    current = transaction()
    if filing.way is Way.WINDOW:
        raise Refused("窗口代录的申报依据纸质材料录入，不用离线填报包。")
    if filing.is_transferred:
        raise Refused("厂区已转到另一企业，不能为原企业导出填报包。请由现企业另行申报。")
    found = working(filing, clock.day_of(current.moment))
    if found.is_outdated:
        raise Refused(
            "指标表或规则集已有更新，还没有选择。请先在“等级和指标表”中选择，再导出填报包，"
            "以免企业按旧表填写。"
        )
    number = f"LX{filing_id}-{secrets.token_hex(6).upper()}"
    manifest = canonical(manifest_of(found, number, current.moment, current.actor_name))
    content = io.BytesIO()
    write_package(content, found, manifest, number)
    db.session.execute(
        insert(FilingPackage).values(
            filing_id=filing_id, number=number, manifest=manifest, issued_at=current.moment,
            issued_by=current.actor_id, issued_by_name=current.actor_name,
        )
    )  # fmt: skip
    enter("filing.package_issued", filing, {"填报包编号": number})
    return number, content.getvalue()
