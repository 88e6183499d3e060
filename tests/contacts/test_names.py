"""A full name is parted as people in English and German offices would part it."""

import pytest

from app.contacts.names import PARTS, FullName, parted
from app.fields.errors import FieldError

# The name, then prefix, first, middle and last name and suffix.
NAMES = [
    ("Dr. Anna Maria Müller jr.", "Dr.", "Anna", "Maria", "Müller", "jr."),
    ("Ms. Mary Ann Smith-Jones PhD", "Ms.", "Mary", "Ann", "Smith-Jones", "PhD"),
    ("John Q. Public III", None, "John", "Q.", "Public", "III"),
    ("Prof. Dr. med. Hans von der Heide", "Prof. Dr. med.", "Hans", None, "von der Heide", None),
    ("Univ.-Prof. Mag. Dr. Josef Huber", "Univ.-Prof. Mag. Dr.", "Josef", None, "Huber", None),
    ("Dr. h. c. Hans Meyer", "Dr. h.c.", "Hans", None, "Meyer", None),
    ("Prof. Dr. Dr. h.c. mult. Hans Meyer", "Prof. Dr. Dr. h.c. mult.", "Hans", None, "Meyer", None),
    ("Herr Karl-Heinz Schmidt sen.", "Herr", "Karl-Heinz", None, "Schmidt", "sen."),
    ("Frau Dr. Eva Klein", "Frau Dr.", "Eva", None, "Klein", None),
    ("Dipl.-Ing. Karl Freiherr von Stein", "Dipl.-Ing.", "Karl", None, "Freiherr von Stein", None),
    ("Dipl.-Kfm. Jan Ort", "Dipl.-Kfm.", "Jan", None, "Ort", None),
    ("Mag. (FH) Eva Auer, MA", "Mag. (FH)", "Eva", None, "Auer", "MA"),
    ("Müller, Dr. Anna Maria", "Dr.", "Anna", "Maria", "Müller", None),
    ("von der Leyen, Ursula", None, "Ursula", None, "von der Leyen", None),
    ("Otto Graf Lambsdorff", None, "Otto", None, "Graf Lambsdorff", None),
    ("Anna Müller M.Sc.", None, "Anna", None, "Müller", "M.Sc."),
    ('Max "Maxi" Mustermann', None, "Max", "“Maxi”", "Mustermann", None),
    ("Max Sen", None, "Max", None, "Sen", None),
    ("Oliver O'Brien", None, "Oliver", None, "O'Brien", None),
]


@pytest.mark.feature("W009", "C054")
@pytest.mark.parametrize(("name", "prefix", "first", "middle", "last", "suffix"), NAMES)
def test_a_name_has_five_parts(name, prefix, first, middle, last, suffix):
    assert tuple(parted(name)[part] for part in PARTS) == (prefix, first, middle, last, suffix)


@pytest.mark.parametrize("wrong", ["Cher", "Frau Müller", "Dr.", "x" * 400, "A" + "n" * 70 + " Müller", "()", ","])
def test_what_is_no_whole_name_is_refused_with_what_to_do(wrong):
    with pytest.raises(FieldError) as refused:
        FullName("Full name", max=384).parse(wrong)
    assert refused.value.message and refused.value.hint
