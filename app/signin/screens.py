"""The sign-in pages of both surfaces: the same code under two addresses."""

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_login import current_user, login_user, logout_user

from app.fields.errors import FieldErrors
from app.people.passwords import MINIMUM
from app.web.access import local_path, protect, public, signed_in
from app.web.htmx import redirect_to
from app.web.surfaces import surface

from . import devices, passwords, sessions


class _Ticket:
    """What Flask-Login puts into the cookie: the session's token."""

    is_active = True

    def __init__(self, token: str):
        self.token = token

    def get_id(self) -> str:
        return self.token


def _screens(name: str, prefix: str, home: str) -> Blueprint:
    bp = Blueprint(name, __name__, url_prefix=prefix or None)
    protect(bp, "portal" if prefix else "staff", sign_in=f"{name}.sign_in", password=f"{name}.password")

    @bp.get("/sign-in")
    @public("nobody is signed in yet")
    def sign_in():
        """The sign-in form."""
        if current_user.is_authenticated and current_user.surface == surface():
            return redirect(local_path(request.args.get("next"), home))
        return render_template("signin/sign_in.html", form={"next": request.args.get("next", "")})

    @bp.post("/sign-in")
    @public("nobody is signed in yet")
    def create_session():
        """Sign in with a password, or show the form again with one answer for everything that is wrong."""
        login, password = request.form.get("login", ""), request.form.get("password", "")
        try:
            device = request.cookies.get(_device_cookie(), "")
            token = passwords.sign_in(login, password, request.remote_addr or "", surface(), device)
        except passwords.Refused as error:
            form = {"login": login[:254], "error": str(error), "next": request.form.get("next", "")}
            page = render_template("signin/sign_in.html", form=form)
            return page, 422
        login_user(_Ticket(token), force=True)
        return _remember_device(redirect_to(local_path(request.form.get("next"), home)), login)

    @bp.post("/sign-out")
    @public("signing out twice does no harm")
    def sign_out():
        """End this browser's session."""
        if current_user.is_authenticated:
            sessions.close_session(current_user.session_id)
        logout_user()
        return redirect_to(url_for(f"{name}.sign_in"))

    @bp.get("/password")
    @signed_in
    def password():
        """The form to change one's own password."""
        return _password_page({})

    @bp.post("/password")
    @signed_in
    def update_password():
        """Change one's own password."""
        typed = {field: request.form.get(field, "") for field in ("current", "new", "again")}
        try:
            passwords.change_password(current_user, **typed)
        except FieldErrors as error:
            return _password_page({field: found.message for field, found in error.errors.items()}), 422
        return redirect_to(home)

    return bp


def _device_cookie() -> str:
    prefix = "__Host-" if current_app.config["SESSION_COOKIE_SECURE"] else ""
    return f"{prefix}{devices.COOKIE}_{surface()}"


def _remember_device(response: Response, login: str) -> Response:
    """Let this browser keep what tells that this login has signed in from it."""
    response.set_cookie(
        _device_cookie(),
        devices.make(surface(), passwords.normal_login(login)),
        max_age=devices.DAYS * 24 * 3600,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def _password_page(errors: dict[str, str]) -> str:
    return render_template(
        "signin/password.html",
        must_change=current_user.must_change,
        form={"errors": errors, "min": MINIMUM},
        cancel_url="/portal" if surface() == "portal" else "/",
    )


staff_blueprint = _screens("signin", "", "/")
portal_blueprint = _screens("portal_signin", "/portal", "/portal")
