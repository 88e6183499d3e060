"""Two programs, one record: nobody overwrites what they have not seen."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from .answers import ROOT, patch, problem


@pytest.mark.threat("T-107")
@pytest.mark.parametrize("tag", [None, "", "*", " "])
def test_a_change_names_the_version_it_was_made_over(shared_world, cast, tag):
    headers = {} if tag is None else {"If-Match": tag}
    answer = shared_world.api().patch(f"{ROOT}/contacts/{cast.otto}", json={"title": "Dr"}, headers=headers)
    assert "If-Match" in problem(answer, 428)["detail"]


@pytest.mark.threat("T-107")
@pytest.mark.parametrize("tag", ['"0"', '"2"', '"-1"', '"x"', '"1, 2"', '"01"', "x", '"1', '"' + "1" * 9000 + '"'])
def test_a_version_that_is_not_the_record_s_changes_nothing(shared_world, cast, tag):
    answer = shared_world.api().patch(f"{ROOT}/contacts/{cast.otto}", json={"title": "Dr"}, headers={"If-Match": tag})
    assert problem(answer, 412) and answer.headers["ETag"] == '"1"'


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"7", "1"'])
def test_the_record_s_own_version_is_found_in_every_form(world, cast, tag):
    answer = world.api().patch(f"{ROOT}/contacts/{cast.nora}", json={"title": "Dr"}, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.json


@pytest.mark.threat("T-107")
def test_a_lost_update_is_refused_with_both_values(world, cast):
    mine, theirs = world.api(person="ann"), world.api(person="sue")
    path = f"/companies/{cast.acme}"
    seen = mine.get(ROOT + path).json["version"]
    now = patch(theirs, path, {"phone": "+49 1", "address": "Hafen 2"})
    lost = patch(mine, path, {"phone": "+49 2", "website": "https://acme.example", "domains": ["new.example"]}, seen)
    found = problem(lost, 412)
    assert found["conflicts"] == [
        {"pointer": "/domains", "yours": ["new.example"], "theirs": ["acme.example"]},
        {"pointer": "/phone", "yours": "+49 2", "theirs": "+49 1"},
    ]
    assert (found["version"], lost.headers["ETag"]) == (now.json["version"], now.headers["ETag"])
    assert (found["updated_by"], found["updated_at"]) == ("Sue Palmer", now.json["updated_at"])
    assert mine.get(ROOT + path).get_json() == now.get_json()
    assert patch(mine, path, {"phone": "+49 2"}, found["version"]).json["phone"] == "+49 2"


@pytest.mark.threat("T-107")
def test_an_edit_on_the_desk_counts_as_well(world, cast):
    api, desk, path = world.api(), world.staff("ann"), f"/contacts/{cast.nora}"
    tag = api.get(ROOT + path).json["version"]
    assert desk.fragment(f"{path}/fields/phone", method="POST", data={"value": "+47 1", "v": tag}).status_code == 200
    assert problem(patch(api, path, {"title": "Dr"}, tag), 412)["conflicts"] == [
        {"pointer": "/title", "yours": "Dr", "theirs": None}
    ]


@pytest.mark.threat("T-107")
@pytest.mark.parametrize(
    "change", [{"addresses": ["nora@home.example"]}, {"department": "office"}, {"company": "acme"}]
)
def test_what_stands_in_other_rows_has_the_record_s_version(world, cast, change):
    api, path = world.api(), f"/contacts/{cast.nora}"
    tag = api.get(ROOT + path).json["version"]
    ids = {"office": cast.nordlys_office, "acme": cast.acme}
    document = {name: ids[value] if isinstance(value, str) else value for name, value in change.items()}
    changed = patch(api, path, document, tag)
    assert changed.status_code == 200 and changed.json["version"] > tag
    assert api.get(ROOT + path, headers={"If-None-Match": f'"{tag}"'}).status_code == 200
    problem(patch(api, path, {"title": "Dr"}, tag), 412)
    undone = api.post(f"{ROOT}/operations/{changed.headers['Deskhand-Operation']}/undo")
    assert undone.status_code == 200
    assert api.get(ROOT + path).json["version"] > changed.json["version"]


@pytest.mark.threat("T-107")
@pytest.mark.parametrize("document", [{"title": "Dr"}, {"addresses": ["nora@home.example"]}, {"company": None}])
def test_of_many_at_once_one_is_written(world, cast, document):
    """Real threads over the same version: one change, and everybody else is told."""
    path, tag = f"/contacts/{cast.nora}", {"If-Match": '"1"'}
    bearer, start = world.api().bearer, Barrier(12)

    def send(n: int):
        client = world.anonymous()
        client.bearer = bearer
        start.wait()
        return client.patch(ROOT + path, json=document | {"job_title": f"Job {n}"}, headers=tag).status_code

    with ThreadPoolExecutor(12) as pool:
        found = sorted(pool.map(send, range(12)))
    assert found == [200] + [412] * 11
    operations = world.sql(
        f"SELECT count(DISTINCT operation_id) FROM {world.schema()}.change"
        " WHERE noun = 'contact' AND record_id = %s AND action = 'update'",
        cast.nora,
    )
    assert operations == [{"count": 1}]
