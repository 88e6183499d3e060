"""What is sent to the addresses, and the state in which each of them can be tried."""

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.cast import Cast
from tests.world import World

from .route import BY_COMPANY, ONLY_GONE, STAFF, Body, Reach, Route, act, form, page


def field_routes(
    noun: str, who: frozenset[str], kind: str, name: str, right: str, wrong: str, **more
) -> dict[str, Route]:
    """The addresses of inline editing; what undoes an edit is asked after one was made."""
    more["args"] = {"name": name}
    return {
        f"{noun}.field": page(who, kind, **more),
        f"{noun}.edit_field": page(who, kind, **more),
        f"{noun}.update_field": act(who, kind, {"value": right}, {"value": wrong}, **more),
        f"{noun}.undo_field": act(who, kind, {"operation": "1"}, **more),
    }


def presence_routes(noun: str, kind: str) -> dict[str, Route]:
    """The addresses of who has a record open; to be there, and to say something, is to write."""
    return {
        f"{noun}.index_presence": form(STAFF),
        f"{noun}.show_presence": form(STAFF, kind),
        f"{noun}.create_presence": act(STAFF, kind),
        f"{noun}.create_word": act(STAFF, kind, {"text": "A word"}, {"text": ""}),
    }


def as_of_routes(noun: str, path: str, kind: str, name: str) -> dict[str, Route]:
    """The addresses of a record as it was on a date; what is put back was changed after everything else was done."""

    def before(world: World) -> None:
        ids = {"company": world.cast.acme, "contact": world.cast.otto, "contract": world.cast.acme_support_hours}
        ids |= {"group": world.sql(f"SELECT min(id) AS id FROM {world.schema()}.customer_group")[0]["id"]}
        world.sql(f"UPDATE {world.schema()}.operation SET at = '2020-01-01'")
        world.staff("ann").post_form(f"/{path}/{ids[kind]}/fields/{name}", {"value": "Changed since"})

    return {
        f"{noun}.show_as_of": page(STAFF, kind, query="at=today"),
        f"{noun}.create_restoration": act(STAFF, kind, args={"name": name}, query="at=2021-01-01", before=before),
    }


def removal_routes(
    noun: str, kind: str, who: frozenset[str] = STAFF, reach: Reach = BY_COMPANY, gone: Reach = ONLY_GONE
) -> dict[str, Route]:
    """The addresses of deleting; a company is emptied before, and what is brought back was deleted."""
    before = empty_acme if kind == "company" else None
    return {
        f"{noun}.new_deletion": page(who, kind, reach=reach),
        f"{noun}.create_deletion": act(who, kind, reach=reach, before=before),
        f"{noun}.create_recovery": act(who, kind, reach=gone),
    }


def empty_acme(world: World) -> None:
    schema, acme = world.schema(), world.cast.acme
    world.sql(f"UPDATE {schema}.company SET kind = 'unmanaged' WHERE id = %s", acme)
    for table in ("membership", "contract"):
        world.sql(f"UPDATE {schema}.{table} SET withdrawn_at = now() WHERE company_id = %s", acme)


def deactivated(world: World) -> None:
    world.sql(f"UPDATE {world.schema()}.contact SET active = false WHERE id = %s", world.cast.otto)


def resource_routes(
    noun: str, kind: str, new: Body, change: dict, wrong: dict, before: Callable[[World], None] | None = None
) -> dict[str, Route]:
    """The addresses of a noun in the API; a token acts for its person."""
    return {
        f"api.{noun}.index": page(STAFF),
        f"api.{noun}.show": page(STAFF, kind),
        f"api.{noun}.show_history": page(STAFF, kind),
        f"api.{noun}.create": act(STAFF, body=new, bad={"no_such_field": 1}, before=before),
        f"api.{noun}.update": act(STAFF, kind, change, wrong),
    }


NEW_CONTACT = {"first_name": "Cy", "last_name": "New", "user_name": "cy", "email": "cy@acme.example"}


def new_contract(cast: Cast) -> dict[str, Any]:
    return {
        "description": "Made",
        "kind": "subscription",
        "customer_contact_id": str(cast.ina),
        "support_contact_id": str(cast.ann),
    }


def new_contract_in_json(cast: Cast) -> dict[str, Any]:
    people = {"company_id": cast.acme, "customer_contact_id": cast.ina, "support_contact_id": cast.ann}
    return {"description": "Made", "kind": "subscription"} | people


def new_note(cast: Cast) -> dict[str, Any]:
    return {"text": "Written", "contact_id": cast.ina}


def new_token(cast: Cast) -> dict[str, Any]:
    return {"name": "Made", "staff_id": str(cast.ann), "scopes": ["read"], "days": "10"}


def upload(_cast: Cast) -> dict[str, Any]:
    return {"file": (io.BytesIO(b"First Name,Last Name,Email Address\nA,B,a@b.example\n"), "people.csv")}


PICTURE = {"name": "0123456789abcdef-64.webp"}


def portrait(_cast: Cast) -> dict[str, Any]:
    sent = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(sent, "PNG")
    sent.seek(0)
    return {"file": (sent, "me.png")}


def pair(cast: Cast) -> dict[str, Any]:
    return {"one": str(cast.ina), "other": str(cast.otto)}


def pair_of_companies(cast: Cast) -> dict[str, Any]:
    return {"one": str(cast.acme), "other": str(cast.xacme)}


def second_membership(world: World) -> int:
    return world.sql(f"SELECT id FROM {world.schema()}.membership WHERE NOT is_primary")[0]["id"]


ANOTHER = {"group_id_text": "Another"}


def another_group(world: World) -> None:
    world.staff("adam").post_form("/groups", {"name": "Another", "kind": "group", "active": "1"})


def group_of_company(world: World) -> None:
    another_group(world)
    world.staff("adam").post_form(f"/companies/{world.cast.acme}/groups", ANOTHER)


def every_group(_cast: Cast) -> dict[str, Any]:
    # The numbers of a table begin at a thousand of its own.
    return {"group_id": [str(1000 * table + number) for table in range(1, 60) for number in range(1, 8)]}


def archived_badge(world: World) -> None:
    world.staff("adam").post_form("/admin/fields/contact/custom-badge/archive")


def renamed_job_title(world: World) -> None:
    changed = {"label": "Function", "portal": "edit", "section": "", "help": ""}
    world.staff("adam").post_form("/admin/fields/contact/job_title", changed)


def empty_unit(world: World) -> None:
    world.sql(f"UPDATE {world.schema()}.membership SET department_id = NULL")


def deactivated_unit(world: World) -> None:
    world.sql(f"UPDATE {world.schema()}.department SET withdrawn_at = now() WHERE id = %s", world.cast.acme_support)


LINKED = {"external_system": "Console", "external_id": "C-17"}

# Companies are called clients.
RENAMED = {"company_label_en": "Client", "company_help_en": "Clients"}


def badge(noun: str = "contact", name: str = "custom-badge") -> dict[str, str]:
    return {"noun": noun, "name": name}


# --- forms ------------------------------------------------------------------------------------------------------------

CODE = {"name": "custom-code"}
# The numbers of the form that `make_another_form` makes, and of the forms that `second_form` adds.
ANOTHER_FORM, SECOND, THIRD = 9100, 9200, 9201
another_form = {"form_id": str(ANOTHER_FORM)}
forms_of_company, forms_of_contact = {"order": [str(SECOND)]}, {"order": [str(THIRD)]}


def new_filled_form(cast: Cast) -> dict[str, Any]:
    return {"form_id": ANOTHER_FORM, "company_id": cast.acme}


def make_another_form(world: World) -> None:
    world.sql(f"ALTER TABLE {world.schema()}.form ALTER COLUMN id RESTART WITH {ANOTHER_FORM}")
    adam = world.staff("adam")
    adam.post_form("/admin/forms", {"name": "Another", "about": "both"})
    _ask_more(world, ANOTHER_FORM)
    adam.post_form(f"/admin/forms/{ANOTHER_FORM}/versions")


def _ask_more(world: World, form_id: int) -> None:
    question = {"kind": "text", "label": "Further", "portal": "none"}
    world.staff("adam").post_form(f"/admin/forms/{form_id}/questions", question)


def second_form(world: World) -> None:
    make_another_form(world)
    world.sql(f"ALTER TABLE {world.schema()}.filled_form ALTER COLUMN id RESTART WITH {SECOND}")
    for path in (f"/companies/{world.cast.acme}", f"/contacts/{world.cast.otto}"):
        world.staff("ann").post_form(f"{path}/forms", another_form)


def first_form(world: World) -> int:
    return world.sql(f"SELECT min(id) AS id FROM {world.schema()}.form WHERE withdrawn_at IS NULL")[0]["id"]


def changed_form(world: World) -> None:
    _ask_more(world, first_form(world))


def next_version(world: World) -> None:
    changed_form(world)
    world.staff("adam").post_form(f"/admin/forms/{first_form(world)}/versions")


def archived_question(world: World) -> None:
    world.staff("adam").post_form(f"/admin/forms/{first_form(world)}/questions/custom-code/archive")
