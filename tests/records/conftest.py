"""A world with many records, whose values are as awkward as values are."""

from datetime import date

import pytest

from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields.models import CustomField
from app.fields.settings import fields_of, settings_changed
from app.records.actor import SYSTEM
from app.records.write import Create, Withdraw, apply, begin, create
from tests import world as worlds

# Ties, case, accents, blanks, signs, other scripts, and what is no value at all.
NAMES = [
    *("Muller", "Müller", "MÜLLER", "müller", "Muller", "Mu", "Mull", "Mul ler", "Mul-ler", "Mul_ler", "Mul%ler"),
    *("Straße", "Strasse", "STRASSE", "Øster", "Oster", "Łódź", "Lodz", "Ærø", "Aero", "Zoë", "Zoe", "Émile", "Emile"),
    *(
        "山田",
        "やまだ",
        "Ωmega",
        "omega",
        "x x",
        "x",
        "~",
        "!",
        "0",
        "10",
        "9",
        "İstanbul",
        "ﬁn",
        "fin",
        "a\u0308",
        "ä",
    ),
]
CITIES = [None, "Kiel", "kiel", "Köln", None, "", "Aachen", "Zürich"]


@pytest.fixture(scope="module")
def crowd(app, cluster, template):
    """A world of this module with many people, companies and contracts; some of them withdrawn."""
    for world in worlds.fresh(app, cluster, template):
        with world.inside():
            for key, kind, more in (
                ("rate", "decimal", {}),
                ("plans", "choices", {"choices": ["gold", "a, b"]}),
                ("plan", "choice", {"choices": [["z", "Alpha"], ["a", "Zeta, too"]]}),
                ("since", "date", {}),
                ("vip", "yes_no", {}),
            ):
                values = {"of_noun": "contact", "key": key, "kind": kind, "label": key, "options": more}
                create(CustomField, values, actor=SYSTEM)
            settings_changed()
        with world.inside():
            _fill(world.cast)
        yield world


def _fill(cast) -> None:
    people = []
    for n in range(90):
        people.append(
            Create(
                Contact,
                {
                    "first_name": f"P{n}",
                    "last_name": NAMES[n % len(NAMES)],
                    "user_name": f"p{n:03}",
                    "email": f"p{n % 7}@many.example",
                    "city": CITIES[n % len(CITIES)] or None,
                    "country": (None, "DE", "AT", "CH")[n % 4],
                    "active": n % 3 > 0,
                    "phone": (None, f"+49 30 {5550000 + n}", f"030/{5550000 + n}")[n % 3],
                    "line_manager_id": (None, cast.ina, cast.ben)[n % 3],
                    "company": (None, cast.acme, cast.nordlys, cast.xacme)[n % 4],
                    "custom-rate": (None, "1.50", "-0.25", "100")[n % 4],
                    "custom-plans": (None, ["gold"], ["gold", "a, b"])[n % 3],
                    "custom-plan": (None, "z", "a")[n % 3],
                    "custom-since": (None, "2026-01-01", "1999-12-31")[n % 3],
                    "custom-vip": (None, True, False)[n % 3],
                },
            )
        )
    with_kinds = fields_of(Contact)
    for one in people:
        for name in ("custom-rate", "custom-since"):
            if one.values[name] is not None:
                one.values[name] = with_kinds[name].kind.parse(one.values[name])
    ids = apply(begin(SYSTEM, "import"), people).ids
    apply(begin(SYSTEM, "withdraw"), [Withdraw(Contact, one) for one in ids[::9]])
    plans = []
    for n in range(60):
        plans.append(
            Create(
                Contract,
                {
                    "description": f"Plan {n % 5}",
                    "company_id": (cast.acme, cast.nordlys)[n % 2],
                    "customer_contact_id": (cast.ina, cast.nils)[n % 2],
                    "support_contact_id": (cast.ann, cast.sue, cast.adam)[n % 3],
                    "minutes": (None, 0, 60, 6000)[n % 4],
                    "starts_on": (None, date(2026, 1, 1), date(2025, 6, 1))[n % 3],
                    "ends_on": (None, date(2026, 12, 31))[n % 2],
                },
            )
        )
    apply(begin(SYSTEM, "create"), plans)
