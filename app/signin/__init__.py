"""Signing in and out, on the desk and in the portal."""

from .screens import portal_blueprint, staff_blueprint

blueprints = (staff_blueprint, portal_blueprint)
