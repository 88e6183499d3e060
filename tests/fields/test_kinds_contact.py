"""E-mail addresses, phone numbers and web addresses."""

import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fields.errors import FieldError
from app.fields.kinds import Email, Phone, Url, digits, split_extension, tel


def refused(kind, text):
    with pytest.raises(FieldError) as found:
        kind.parse(text)
    return found.value


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ann.O'Hara+desk@ACME.Example ", "Ann.O'Hara+desk@acme.example"),
        ("ann@acme.test", "ann@acme.test"),
        ("ann@dc1.firm.local", "ann@dc1.firm.local"),
        ("erased-12@gone.invalid", "erased-12@gone.invalid"),
        ("ann@MÜNCHEN.example", "ann@münchen.example"),
        ("ann@xn--mnchen-3ya.example", "ann@münchen.example"),
        ("müller@acme.example", "müller@acme.example"),
        ("ann＠acme．example", "ann@acme.example"),
        ("\u202aann@acme.example\u202c", "ann@acme.example"),
        ("x" * 64 + "@acme.example", "x" * 64 + "@acme.example"),
        ("bounce-" + "x" * 70 + "@acme.example", "bounce-" + "x" * 70 + "@acme.example"),
    ],
)
def test_an_address_is_normalised(typed, kept):
    assert Email("E-mail").parse(typed) == kept
    assert Email("E-mail").parse_many([typed]) == ([kept], {})


@pytest.mark.parametrize(
    ("typed", "code", "advice"),
    [
        ("Ann <ann@acme.example>", "name", "Write ann@acme.example."),
        ('"Berg, Ann" <ann@acme.example>', "name", "Write ann@acme.example."),
        ("mailto:ann@acme.example", "format", "Write ann@acme.example."),
        ("ann@acme.example; bob@acme.example", "several", "Keep one of them"),
        ("ann@acme.example bob@acme.example", "several", "Keep one of them"),
        ("Ann <ann@a.example>, Bob <bob@a.example>", "several", "Keep one of them"),
        ("ann", "format", "one @"),
        ("ann@acme", "format", "one @"),
        ("ann@localhost", "format", "one @"),
        ("ann@192.168.1.1", "format", "one @"),
        ("ann@[192.168.1.1]", "format", "one @"),
        ("ann@@acme.example", "format", "one @"),
        ("ann.@acme.example", "format", "one @"),
        ("ann@-acme.example", "format", "one @"),
        ("ann@acme..example", "format", "one @"),
        ("ann @acme.example", "format", "Write ann@acme.example."),
        ("ann@" + "x" * 64 + ".example", "format", "one @"),
        ("ann@acme.example\nBcc: all@acme.example", "several", "Keep one of them"),
    ],
)
def test_what_is_no_single_address_is_refused_with_advice(typed, code, advice):
    error = refused(Email("E-mail"), typed)
    assert error.code == code and advice in error.hint


@pytest.mark.feature("L135")
def test_an_address_ends_at_its_limit():
    address = "x" * 50 + "@acme.example"
    assert Email("E-mail", max=63).parse(address) == address
    assert Email("E-mail", max=63).parse_many(["y" + address, address])[1][0].code == "max"
    assert refused(Email("E-mail", max=63), "y" + address).code == "max"


@settings(deadline=None, database=None)
@given(
    st.one_of(
        st.emails(),
        st.from_regex(
            r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,70}@([a-zA-Z0-9-]{1,66}\.){1,4}[a-zA-Z]{1,10}", fullmatch=True
        ),
        st.builds(
            "{}@{}.{}".format,
            st.just("ann"),
            st.sampled_from(["a", "A-b", "a--b", "xn--a"]),
            st.sampled_from(["arpa", "Local", "onion", "localhost", "c"]),
        ),
    )
)
def test_what_is_read_quickly_is_what_the_library_reads(text):
    quick = Email("E-mail").quick(text)
    if quick is not None:
        library = validate_email(text, check_deliverability=False, globally_deliverable=False, test_environment=True)
        assert quick == library.normalized == Email("E-mail").parse(text)


@pytest.mark.feature("L046", "L047", "L048", "L049", "C055")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+49 (0)30 123-45", "+49 (0)30 123-45"),
        (" 0171 / 1234567 ", "0171 / 1234567"),
        ("+1\u00a0202\u2011555\u20110100", "+1 202-555-0100"),
        ("\u202a+44 20 7946 0000\u202c", "+44 20 7946 0000"),
        ("tel:+4930123", "+4930123"),
        ("٠١٢٣ ٤٥٦", "0123 456"),
        ("+1 202 555 0100 x12", "+1 202 555 0100 x12"),
        ("+1 202 555 0100x12", "+1 202 555 0100x12"),
        ("030 1234 ext. 56", "030 1234 ext. 56"),
        ("030 1234, Durchwahl 56", "030 1234, Durchwahl 56"),
        ("12", "12"),
        ("*21#", "*21#"),
    ],
)
def test_a_phone_number_stays_as_it_was_typed(typed, kept):
    assert Phone("Phone").parse(typed) == kept
    assert Phone("Phone").parse_many([typed]) == ([kept], {})


@pytest.mark.parametrize(
    "typed",
    ["1-800-FLOWERS", "n/a", "-", "x12", "ask Ann", "030 123 or 0171 456", "ann@acme.example", "030+123", "123;"],
)
def test_what_is_no_phone_number_is_refused(typed):
    error = refused(Phone("Phone"), typed)
    assert error.code == "format" and "ext. 12" in error.hint
    assert Phone("Phone").parse_many([typed])[1][0].message == error.message


@pytest.mark.feature("L146")
def test_a_phone_number_ends_at_its_limit():
    assert (
        refused(Phone("Phone", max=20), "+49 30 1234567 ext. 123").message
        == "At most 20 characters fit; the text has 23."
    )
    assert Phone("Phone", max=20).parse_many(["1" * 21])[1][0].code == "max"


@pytest.mark.parametrize(
    ("value", "number", "link", "link_in_germany"),
    [
        ("+49 (0)30 1234567", "49301234567", "tel:+49-30-1234567", "tel:+49-30-1234567"),
        ("030 1234567", "0301234567", None, "tel:+49-30-1234567"),
        ("+49 30 1234567 ext. 89", "49301234567", "tel:+49-30-1234567;ext=89", "tel:+49-30-1234567;ext=89"),
        ("030 1234567 DW 8", "0301234567", None, "tel:+49-30-1234567;ext=8"),
        ("+1 202-555-0100", "12025550100", "tel:+1-202-555-0100", "tel:+1-202-555-0100"),
        ("12", "12", None, None),
        ("", "", None, None),
        (None, "", None, None),
        ("nonsense", "", None, None),
    ],
)
def test_a_number_is_compared_and_dialled(value, number, link, link_in_germany):
    assert digits(value) == number
    assert tel(value) == link
    assert tel(value, "DE") == link_in_germany


def test_an_extension_is_told_from_the_number():
    assert split_extension("+1 555 0100 ext 12") == ("+1 555 0100", "12")
    assert split_extension("+1 555 0100") == ("+1 555 0100", "")
    assert split_extension("ext 12") == ("ext 12", "")


@pytest.mark.feature("W031", "W032")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("acme.example", "https://acme.example"),
        ("//acme.example/a", "https://acme.example/a"),
        ("HTTP://ACME.Example/Path?q=A#Top", "http://acme.example/Path?q=A#Top"),
        ("www.müller.example/ü?ä=ß", "https://www.müller.example/ü?ä=ß"),
        ("acme.example:8443/x", "https://acme.example:8443/x"),
        ("localhost:8000", "https://localhost:8000"),
        ("http://intranet/wiki", "http://intranet/wiki"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
        ("http://192.0.2.1/", "http://192.0.2.1/"),
        ("https://acme.example/@ann", "https://acme.example/@ann"),
    ],
)
def test_a_web_address_gets_what_it_lacks(typed, kept):
    assert Url("Web").parse(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("javascript:alert(1)", "scheme"),
        ("JaVaScRiPt://acme.example/%0aalert(1)", "scheme"),
        ("\u200bjavascript:alert(1)", "scheme"),
        ("java\tscript:alert(1)", "format"),
        ("data:text/html,x", "scheme"),
        ("vbscript:x", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://acme.example", "scheme"),
        ("mailto:ann@acme.example", "scheme"),
        ("https://ann:secret@acme.example/", "credentials"),
        ("https://acme.example@evil.example/", "credentials"),
        ("ann@acme.example", "credentials"),
        ("https://acme.example\\@evil.example", "format"),
        ('https://acme.example/"onclick="x', "format"),
        ("https://acme.example/<script>", "format"),
        ("https://acme.example/a b", "format"),
        ("https://", "format"),
        ("https:///path", "format"),
        ("https:acme.example", "format"),
        ("https://acme..example", "format"),
        ("https://-acme.example", "format"),
        ("https://acme.example:99999", "format"),
        ("https://[::1", "format"),
        ("http://2130706433/", "format"),
        ("http://0x7f.0x1/", "format"),
        ("acme", "format"),
        ("see our page", "format"),
        ("https://acme.example/" + "x" * 3_000, "max"),
        ("https://acme.example/\0", "control"),
    ],
)
def test_what_is_no_safe_web_address_is_refused(typed, code):
    error = refused(Url("Web"), typed)
    assert error.code == code and error.hint
