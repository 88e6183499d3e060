"""A cell at rest, put together without a template: whatever stands in it is text and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.cells import Cells, Titles, together

from .screens import parsed

NASTY = st.one_of(
    st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=40),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "' autofocus onfocus='alert(1)",
            "</td></tr></table><h1>",
            "{{ 7 * 7 }} &lt;b&gt; %s {} %(value)s",
            "<!-- -->",
        ]
    ),
)


# All that a cell may consist of.
TAGS = {"td", "a", "span", "svg", "rect", "use"}
ATTRIBUTES = {
    *("id", "class", "data-label", "data-edit", "href", "hx-get", "hx-target", "aria-label", "aria-hidden", "title"),
    *("viewbox", "focusable", "x", "y", "width", "height", "rx", "fill"),
}


@pytest.mark.threat("T-061")
@given(label=NASTY, value=NASTY, where=NASTY, lock=NASTY, editable=st.booleans(), leads=st.booleans())
def test_nothing_in_a_cell_becomes_markup(app, label, value, where, lock, editable, leads):
    with app.test_request_context("/contacts", base_url="http://harbor.test"):
        made = Cells(
            "contact",
            "phone",
            label,
            tag="td",
            show=lambda given, _titles: given,
            link=lambda given: where,
            editable=editable,
            swatch=True,
            lock=lock,
        )
        found = parsed(made.html(7, value, Titles(), "/contacts/7", "/contacts/7" if leads else None))
    elements = found.all()
    assert {element.tag for element in elements} <= TAGS
    assert {name for element in elements for name in element.attributes} <= ATTRIBUTES
    cell = found.one("td")
    assert (cell["data-label"], cell["id"]) == (label, "contact-7-phone")
    if where or leads:
        assert found.one("a", cls="cell-link")["href"] == ("/contacts/7" if leads else where)
    if value:
        assert found.one("rect")["fill"] == value
        openers = [link["aria-label"] for link in found.all("a") if "data-edit" in link.attributes]
        assert len(openers) == editable and all(value in words for words in openers)
    if lock:
        assert found.one("span", cls="cell-lock")["title"] == lock


def test_cells_side_by_side_are_put_into_a_page_as_they_are():
    assert str(together(["<td>&lt;</td>", "<td></td>"])) == "<td>&lt;</td><td></td>"
