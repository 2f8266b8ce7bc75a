"""The blueprint that every page of this stage is registered on."""

from flask import Blueprint

from app.portal import navigation

blueprint = Blueprint("portal", __name__, template_folder="../templates")
navigation.register(blueprint)
