"""The description of the API (OpenAPI 3.1), made for one organization from its views and from the registry."""

import re
from typing import Any

from apispec import APISpec
from flask import Blueprint, Response, current_app, jsonify
from werkzeug.routing import Rule

from app.people.permissions import SCOPES
from app.web import query
from app.web.access import SIGNED_IN, policy_of, signed_in
from app.web.described import Described, described
from app.web.resource import RESOURCES

from . import documents

bp = Blueprint("description", __name__)

ROOT = "/api/v1"
VERSION = "1.0.0"


@bp.get("/openapi.json")
@signed_in
@described("This description", {200: "Description"}, problems=(400,))
def show() -> Response:
    """The description, for the organization that the token belongs to."""
    query.only()
    return jsonify(description())


def description() -> dict[str, Any]:
    """Every operation, with the fields as this organization has them."""
    spec = APISpec(
        "Deskhand",
        VERSION,
        "3.1.0",
        info={"description": documents.INTRODUCTION},
        servers=[{"url": ROOT}],
        security=[{"token": []}],
        tags=[{"name": name} for name in dict.fromkeys(_tag(rule) for rule in rules())],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "desk_…"})
    for name, found in {**documents.SCHEMAS, **_resource_schemas()}.items():
        spec.components.schema(name, found)
    for name, parameter in documents.PARAMETERS.items():
        spec.components.parameter(name, parameter["in"], parameter)
    for name, header in documents.HEADERS.items():
        spec.components.header(name, header)
    for status, sentence in documents.PROBLEMS.items():
        spec.components.response(f"Problem{status}", _answer(sentence, "Problem", "application/problem+json"))
    for rule in rules():
        operations = {method.lower(): _operation(rule) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})}
        spec.path(path_of(rule), operations=operations)
    return spec.to_dict()


def rules() -> list[Rule]:
    """The addresses of the API, in a steady order."""
    found = [rule for rule in current_app.url_map.iter_rules() if rule.rule.startswith(ROOT + "/")]
    return sorted(found, key=lambda rule: (rule.rule, sorted(rule.methods)))


def path_of(rule: Rule) -> str:
    """An address as OpenAPI writes it."""
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule.removeprefix(ROOT))


def _tag(rule: Rule) -> str:
    return rule.rule.removeprefix(ROOT + "/").partition("/")[0].partition(".")[0]


def _resource_schemas() -> dict[str, dict]:
    found: dict[str, dict] = {}
    for noun in RESOURCES:
        found |= noun.schemas()
    return found


def _operation(rule: Rule) -> dict[str, Any]:
    said: Described = current_app.view_functions[rule.endpoint].described
    policy = policy_of(current_app, rule.endpoint)
    made: dict[str, Any] = {
        "operationId": rule.endpoint.removeprefix("api."),
        "tags": [_tag(rule)],
        "summary": said.summary,
        "description": _rights(policy),
        "parameters": [_parameter(name) for name in said.parameters],
        "responses": {str(status): _said(name, said.headers) for status, name in said.answers.items()},
    }
    made["responses"] |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in said.problems}
    made["responses"]["default"] = {"$ref": "#/components/responses/Problem500"}
    if said.sent:
        content = {media: {"schema": _schema(name)} for media, name in said.sent.items()}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _rights(policy: str | None) -> str:
    if policy == SIGNED_IN:
        return "Any valid token may ask this."
    scopes = [name for name, granted in SCOPES.items() if policy in granted]
    return f"It takes the permission `{policy}` (scope: {', '.join(scopes)})."


def _parameter(name: str) -> str | dict[str, Any]:
    """A shared parameter by its name, or the filters of a noun, each of which is a parameter of its own."""
    if name in documents.PARAMETERS:
        return name
    return {"name": "filter", "in": "query", "style": "form", "explode": True, "schema": _schema(name)}


def _schema(name: str) -> dict[str, Any]:
    return documents.FILES.get(name) or {"$ref": f"#/components/schemas/{name}"}


def _said(name: str, headers: tuple[str, ...]) -> dict[str, Any]:
    found = _answer("Done.", name) if name else {"description": "Nothing has changed."}
    if headers:
        found["headers"] = {header: {"$ref": f"#/components/headers/{header}"} for header in headers}
    return found


def _answer(sentence: str, name: str, media: str = "application/json") -> dict[str, Any]:
    if name in documents.FILES:
        media = "text/csv"
    return {"description": sentence, "content": {media: {"schema": _schema(name)}}}
