"""The one place that knows which requests want a fragment: htmx-flask underneath, htmx 4 in the browser."""

import json
from urllib.parse import SplitResult

from flask import Flask, Response, make_response, render_template, request
from htmx_flask import Htmx
from htmx_flask.requests import HtmxAwareRequest

from .addresses import parts_of


class DeskRequest(HtmxAwareRequest):
    """A request that can say whether it wants a fragment, and of which page."""

    @property
    def current_page(self) -> SplitResult:
        """The address of the page that htmx asks from, as the browser says; empty for any other request."""
        return parts_of(self.headers.get("HX-Current-URL", ""))

    @property
    def wants_fragment(self) -> bool:
        """True when a region of a page is asked for, not a whole page."""
        headers = self.headers
        return (
            headers.get("HX-Request") == "true"
            and headers.get("HX-History-Restore-Request") != "true"
            and headers.get("HX-Boosted") != "true"
            and headers.get("HX-Request-Type", "partial") == "partial"
        )


def init_app(app: Flask) -> None:
    """Teach the application's requests about htmx."""
    Htmx(app)
    app.request_class = DeskRequest

    @app.after_request
    def _vary(response: Response) -> Response:
        response.vary.update(("HX-Request", "HX-Request-Type", "Cookie"))
        return response


def fragment(
    template: str, *, status: int = 200, events: dict | None = None, push: str | None = None, **context
) -> Response:
    """A fragment as the answer to an htmx request; `events` are announced to the page's other regions."""
    response = make_response(render_template(template, **context), status)
    if events:
        response.headers["HX-Trigger"] = json.dumps(events)
    if push:
        response.headers["HX-Push-Url"] = push
    return response


def page(template: str, *, part: str = "", status: int = 200, **context) -> Response:
    """A whole page, or for htmx only its region `part`, rendered from the same source."""
    if getattr(context.get("listing"), "panel", ""):
        # One of a list's panels was asked for: for htmx it comes alone.
        part = "shared/_list_panel.html"
    chosen = part if part and request.wants_fragment else template
    return make_response(render_template(chosen, **context), status)


def redirect_to(where: str) -> Response:
    """Send the browser to another page: a 303 for a plain form, an instruction for htmx."""
    if request.headers.get("HX-Request") == "true":
        return Response(status=200, headers={"HX-Redirect": where})
    return Response(status=303, headers={"Location": where})
