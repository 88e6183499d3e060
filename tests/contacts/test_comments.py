"""What should be known of a person is said where the person is opened or chosen, the company's word first."""

import pytest

from tests.pages import normal


def say(browser, where: str, words: str) -> None:
    assert browser.fragment(f"{where}/fields/comment", method="POST", data={"value": words}).status_code == 200


@pytest.mark.feature("I042", "I043")
def test_the_company_speaks_before_the_person(world, cast):
    ann, ina = world.staff(), f"/contacts/{cast.ina}"
    assert ann.fragment(f"{ina}/comments").status_code == 204
    say(ann, ina, "Calls back at nine <b>only</b>")
    say(ann, f"/companies/{cast.acme}", "Unpaid bills")
    for page in (normal(ann.get(ina)), normal(ann.get(f"{ina}/comments")), normal(ann.fragment(f"{ina}/comments"))):
        assert 0 < page.index("Unpaid bills") < page.index("Calls back at nine")
        assert "<b>only" not in page
    assert "Unpaid bills" in normal(ann.get(f"/companies/{cast.acme}"))
    # Where a person is chosen the page knows where to ask.
    assert 'data-comments="/contacts/{id}/comments"' in ann.get(f"/contracts/new?company={cast.acme}").text
    assert "Unpaid bills" not in normal(ann.get(f"/contacts/{cast.nora}"))


@pytest.mark.threat("T-016")
def test_the_portal_never_hears_of_it(world, cast):
    ann = world.staff()
    say(ann, f"/contacts/{cast.ina}", "Secretly rude")
    say(ann, f"/companies/{cast.acme}", "Secretly broke")
    ina = world.portal("ina")
    for path in ("/portal/me", "/portal/people", f"/portal/companies/{cast.acme}", f"/portal/people/{cast.otto}"):
        assert "Secretly" not in ina.get(path).text
