"""The blueprint that the views of this stage are registered on."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__, template_folder="../templates")
