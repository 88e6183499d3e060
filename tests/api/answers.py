"""What tests of the API ask again and again."""

from werkzeug.test import TestResponse

from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.records.actor import SYSTEM
from app.records.write import create

ROOT = "/api/v1"


def problem(response: TestResponse, status: int) -> dict:
    """The problem that was answered, which has this status and the right form."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.get_data(True)
    found = response.get_json()
    assert found["status"] == status and found["title"] and found["detail"] and found["type"] == "about:blank"
    assert found["request_id"] == response.headers["X-Request-Id"]
    return found


def pointers(response: TestResponse, status: int = 422) -> set[str]:
    """The places of the document that an answer complains about."""
    return {error["pointer"] for error in problem(response, status)["errors"]}


def parameters(response: TestResponse) -> set[str]:
    """The parameters that an answer complains about."""
    return {error["parameter"] for error in problem(response, 400)["errors"]}


def patch(api, path: str, document: dict, version: int | None = None, **headers) -> TestResponse:
    """Change a record over the version it has, or over another."""
    tag = api.get(ROOT + path).headers["ETag"] if version is None else f'"{version}"'
    return api.patch(ROOT + path, json=document, headers={"If-Match": tag, **headers})


def custom_field(world, noun: str, key: str, kind: str, slug: str = "harbor", **more) -> str:
    """Give an organization a field of its own; returns its name in documents."""
    with world.inside(slug):
        create(CustomField, {"of_noun": noun, "key": key, "kind": kind, "label": key.title(), **more}, actor=SYSTEM)
        settings_changed()
    return f"custom-{key}"
