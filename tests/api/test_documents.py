"""What a program may send: one meaning or a refusal that says why, never a fault."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.companies.models import Company
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields.registry import declared_fields
from app.web.body import LARGEST

from .answers import ROOT, patch, pointers, problem

MODELS = {"companies": Company, "contacts": Contact, "contracts": Contract}
JSON = {"Content-Type": "application/json"}
PERSON = {"first_name": "Ada", "last_name": "Byron", "email": "ada@acme.example"}


def post(api, data: str | bytes, noun: str = "contacts", **headers):
    return api.post(f"{ROOT}/{noun}", data=data, headers=JSON | headers)


@pytest.mark.threat("T-075")
@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "{'first_name': 'Ada'}",
        '{"first_name": "Ada"',
        '{"first_name": "Ada"} {}',
        '{"first_name": "Ada", "first_name": "Eve"}',
        '{"first_name": "Ada", "addresses": [{"a": 1, "a": 2}]}',
        '{"first_name": NaN}',
        '{"first_name": -Infinity}',
        '{"first_name": Infinity}',
        '{"company": ' + "9" * 5000 + "}",
        '{"first_name": ' + "[" * 1000 + "]" * 1000 + "}",
        '{"first_name": ' + '{"a":' * 1000 + "1" + "}" * 1000 + "}",
        "[" * 100_000,
        b'{"first_name": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"first_name": "Ada"}'.encode("utf-16"),
        b"\x00",
    ],
)
def test_what_is_no_json_or_has_two_meanings(shared_world, data):
    problem(post(shared_world.api(), data), 400)


@pytest.mark.threat("T-075")
@pytest.mark.parametrize("data", ["[]", "[{}]", "null", "1", "1e999", '"text"', "true"])
def test_what_is_json_but_no_object(shared_world, data):
    assert pointers(post(shared_world.api(), data)) == {""}


@pytest.mark.threat("T-075")
@pytest.mark.parametrize(
    "wrong",
    [
        {"first_name": 1},
        {"first_name": ["Ada"]},
        {"first_name": {"$ne": ""}},
        {"first_name": True},
        {"first_name": ""},
        {"first_name": " \t "},
        {"first_name": None},
        {"first_name": "\x00"},
        {"first_name": "\ud800"},
        {"first_name": "a" * 65},
        {"active": "yes"},
        {"active": 1},
        {"active": None},
        {"company": "1"},
        {"company": 1.0},
        {"company": 1e300},
        {"company": 2**63},
        {"company": 10**4000},
        {"company": -1},
        {"company": 0},
        {"company": True},
        {"company": [1]},
        {"addresses": "a@b.example"},
        {"addresses": ["a@b.example", 1]},
        {"addresses": ["a@b.example c@d.example"]},
        {"addresses": ["a@b.example"] * 21},
        {"addresses": ["a@b.example"] * 100_000},
        {"addresses": {"0": "a@b.example"}},
        {"country": "Germany"},
        {"country": "de"},
        {"country": "DE", "state": "Tyrol"},
        {"time_zone": "Berlin"},
        {"language": "German"},
        {"email": "Ada <ada@acme.example>"},
        {"phone": "call me"},
        {"first_name": json.loads("[" * 500 + "]" * 500)},
    ],
)
def test_a_value_of_another_kind_is_refused_and_never_turned_into_something(shared_world, wrong):
    found = pointers(post(shared_world.api(), json.dumps(PERSON | wrong)))
    assert found == {f"/{list(wrong)[-1]}"}


@pytest.mark.threat("T-075")
def test_numbers_and_dates_have_one_form(shared_world, cast):
    contract = {"description": "Care", "company_id": cast.acme, "customer_contact_id": cast.ina}
    contract["support_contact_id"] = cast.ann
    for minutes in (-1, 2**31, 1.5, "1:30", True):
        found = post(shared_world.api(), json.dumps(contract | {"minutes": minutes}), "contracts")
        assert pointers(found) == {"/minutes"}
    assert pointers(post(shared_world.api(), '{"name": 1e400}', "companies")) == {"/name"}
    for day in ("31.12.2026", "2026-13-01", "2026-1-1", "tomorrow", 20261231, "0000-00-00", "2026-12-31T00:00"):
        found = post(shared_world.api(), json.dumps(contract | {"starts_on": day}), "contracts")
        assert pointers(found) == {"/starts_on"}


@pytest.mark.threat("T-016")
@pytest.mark.parametrize("noun", MODELS)
def test_no_column_can_be_set_that_is_not_offered(world, cast, noun):
    """Every column of the table, and what other tables hold, with values of every kind: only fields change."""
    api, model = world.api(), MODELS[noun]
    record = {"companies": cast.acme, "contacts": cast.otto, "contracts": cast.acme_support_hours}[noun]
    path = f"/{noun}/{record}"
    before = world.sql(f"SELECT * FROM {world.schema()}.{model.__tablename__} WHERE id = %s", record)
    described = api.get(f"{ROOT}/openapi.json").get_json()["components"]["schemas"]
    for schema, send in (
        (f"New{model.__name__}", lambda document: api.post(f"{ROOT}/{noun}", json=document)),
        (f"Changed{model.__name__}", lambda document: patch(api, path, document)),
    ):
        offered = set(described[schema]["properties"])
        columns = {column.key for column in model.__table__.columns} | {entry.name for entry in declared_fields(model)}
        others = {
            "password",
            "role",
            "is_admin",
            "permissions",
            "organization",
            "tenant",
            "_name",
            "__class__",
            "custom",
        }
        names = (columns | others) - offered
        for value in (1, "1", None, True, [], {}):
            refused = pointers(send(dict.fromkeys(names, value)))
            assert {f"/{name}" for name in names} <= refused, f"{schema} takes what it does not offer"
        assert not offered & {"id", "version", "custom", "created_op", "updated_op", "withdrawn_at", "search_text"}
    assert world.sql(f"SELECT * FROM {world.schema()}.{model.__tablename__} WHERE id = %s", record) == before


@pytest.mark.threat("T-016")
def test_many_mistakes_are_not_all_repeated(shared_world):
    found = post(shared_world.api(), json.dumps(dict.fromkeys([f"x{n}" for n in range(5000)], 1)))
    assert len(pointers(found)) <= 110 and len(found.data) < 50_000


def test_a_place_in_the_document_is_a_json_pointer(shared_world):
    assert {"/a~1b", "/m~0n"} <= pointers(
        post(shared_world.api(), json.dumps({"a/b": 1, "m~n": 1, "": 1, "\ud800": 1}))
    )


@pytest.mark.threat("T-065")
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json"]
)
def test_only_json_is_read(shared_world, cast, kind):
    api = shared_world.api()
    problem(api.post(f"{ROOT}/contacts", data=json.dumps(PERSON), headers={"Content-Type": kind}), 415)
    changed = api.patch(f"{ROOT}/contacts/{cast.otto}", data="{}", headers={"Content-Type": kind, "If-Match": '"1"'})
    problem(changed, 415)


def test_a_merge_patch_may_be_called_so(world, cast):
    path, tag = f"{ROOT}/contacts/{cast.nora}", {"If-Match": '"1"'}
    named = {"Content-Type": "application/merge-patch+json; charset=utf-8"} | tag
    assert world.api().patch(path, data='{"title": "Dr"}', headers=named).json["title"] == "Dr"


def test_a_document_that_is_too_large_is_not_read(shared_world):
    api = shared_world.api()
    large = json.dumps(PERSON | {"notes": "a" * LARGEST})
    problem(post(api, large), 413)
    # In parts, without a length: what lies within the limit is a document of its own, but not the one that was sent.
    padded = b"{}" + b" " * LARGEST + b'{"name": "x"}'
    parts = {"input_stream": io.BytesIO(padded), "environ_overrides": {"wsgi.input_terminated": True}}
    problem(api.post(f"{ROOT}/contacts", headers=JSON, **parts), 413)
    assert pointers(post(api, json.dumps(PERSON | {"notes": "a" * 100_001}))) == {"/notes"}


# Values that a fuzzer would not find soon.
ODD = st.sampled_from(
    [
        *(
            "",
            " ",
            "\x00",
            "\ud800",
            "é" * 70,
            "1" * 400,
            "=1+1",
            "' OR 1=1 --",
            "2026-12-31",
            "a@b.example",
            "DE",
            "%s",
        ),
        *("\u202eabc", "\U0001f3f4", "a\nb", "{}", "null", "https://x.example", "-0", "1e5", "12.50", "..", "\\"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | ODD
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD, inner, max_size=3), max_leaves=6
)
FUZZ = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.threat("T-075")
@pytest.mark.parametrize("noun", MODELS)
def test_no_document_is_a_fault(world, cast, noun):
    """Any values for any fields, made and changed: taken, or refused with a reason. The client fails on a 500."""
    api = world.api()
    names = [entry.name for entry in declared_fields(MODELS[noun])]
    ids = [cast.acme, cast.ina, cast.ann, cast.acme_support, 999]
    values = VALUES | st.sampled_from(ids)
    documents = st.dictionaries(st.sampled_from(names) | st.text(max_size=8), values, max_size=6)
    needed = {
        "companies": {"name": "X"},
        "contacts": PERSON,
        "contracts": {
            "description": "X",
            "company_id": ids[0],
            "customer_contact_id": ids[1],
            "support_contact_id": ids[2],
        },
    }[noun]

    @FUZZ
    @given(documents, st.booleans())
    def fuzz(document, whole):
        sent = json.dumps((needed if whole else {}) | document, allow_nan=True)
        made = post(api, sent, noun)
        assert made.status_code in (201, 400, 422), made.get_data(True)
        record = {"companies": cast.nordlys, "contacts": cast.nora, "contracts": cast.nordlys_support_hours}[noun]
        tag = api.get(f"{ROOT}/{noun}/{record}").headers["ETag"]
        changed = api.patch(f"{ROOT}/{noun}/{record}", data=sent, headers=JSON | {"If-Match": tag})
        assert changed.status_code in (200, 400, 422), changed.get_data(True)

    fuzz()


@pytest.mark.threat("T-075")
def test_no_body_is_a_fault(shared_world):
    api = shared_world.api()

    @FUZZ
    @given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.eE-+ntfaul\\u', max_size=60).map(str.encode))
    def fuzz(data):
        assert post(api, data).status_code in (400, 422)

    fuzz()
