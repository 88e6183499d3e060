"""The list of companies and the form's rules."""

import re

import pytest


@pytest.mark.feature("C008", "C009", "C010", "C011", "C012")
def test_the_list_shows_number_name_users_and_when(shared_world, cast):
    page = shared_world.staff().get("/companies").text
    for heading in ("Customer ID", "Name", "Users", "Created", "Updated"):
        assert re.search(rf">\s*{heading}\b", page)
    row = page.split(f'id="company-{cast.acme}"')[1].split("</tr>")[0]
    assert f'href="/companies/{cast.acme}"' in row and "Acme" in row
    users = row.split(f'id="company-{cast.acme}-users"')[1].split("</td>")[0]
    assert re.search(r">\s*4\s*<", users)
    number = row.split(f'id="company-{cast.acme}-number"')[1].split("</td>")[0]
    assert re.search(r">\s*1001\s*<", number)


def names(page: str) -> list[str]:
    return re.findall(r'class="cell-link" href="/companies/\d+">([^<]+)<', page)


@pytest.mark.feature("C013")
def test_a_click_on_a_heading_sorts_and_another_turns_round(shared_world):
    ann = shared_world.staff()
    page = ann.get("/companies").text
    assert 'aria-sort="ascending"' in page
    assert names(page) == ["Acme", "Nordlys", "Xacme"]
    turned = re.search(r'href="(/companies\?sort=-name)"', page)[1]
    page = ann.get(turned).text
    assert names(page) == ["Xacme", "Nordlys", "Acme"] and 'aria-sort="descending"' in page


@pytest.mark.feature("C032")
def test_the_name_is_not_edited_in_place_but_renamed(world, cast):
    ann = world.staff()
    page = ann.get(f"/companies/{cast.acme}").text
    assert f"/companies/{cast.acme}/fields/name/edit" not in page
    assert f"/companies/{cast.acme}/fields/phone/edit" in page
    assert ann.fragment(f"/companies/{cast.acme}/fields/name/edit").status_code == 404
    assert ann.post_form(f"/companies/{cast.acme}/name", {"name": "Acme Ltd", "v": "1"}).status_code in (303, 409)
    assert ann.post_form(f"/companies/{cast.acme}/name", {"name": "Xacme"}).status_code == 422
