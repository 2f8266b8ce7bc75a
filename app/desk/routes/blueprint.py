"""The blueprint that every page of this stage is registered on."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__, template_folder="../templates", url_prefix="/desk")
