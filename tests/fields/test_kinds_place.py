"""Countries, regions, time zones, languages."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pycountry
import pytest
from babel import Locale
from babel.languages import get_official_languages

from app.fields.errors import FieldError
from app.fields.kinds import Country, Language, Region, TimeZone, country_codes, country_name, default_zone, zones_of


def refused(kind, text, **context):
    with pytest.raises(FieldError) as found:
        kind.parse(text, **context)
    return found.value


@pytest.mark.feature("L145", "L158", "I023")
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *(
            ("DE", "DE"),
            ("de", "DE"),
            ("DEU", "DE"),
            ("276", "DE"),
            ("040", "AT"),
            ("D", "DE"),
            ("CH", "CH"),
            ("uk", "GB"),
        ),
        *(
            ("Germany", "DE"),
            ("Deutschland ", "DE"),
            ("DEUTSCHLAND", "DE"),
            ("Allemagne", "DE"),
            ("Niemcy", "DE"),
            ("ドイツ", "DE"),
        ),
        *(
            ("Österreich", "AT"),
            ("Oesterreich", "AT"),
            ("Osterreich", "AT"),
            ("O\u0308sterreich", "AT"),
            ("Austria", "AT"),
        ),
        *(("USA", "US"), ("U.S.A.", "US"), ("United States", "US"), ("Vereinigte Staaten", "US"), ("America", "US")),
        *(("UK", "GB"), ("England", "GB"), ("Great Britain", "GB"), ("Großbritannien", "GB"), ("Scotland", "GB")),
        *(("Holland", "NL"), ("The Netherlands", "NL"), ("die Schweiz", "CH"), ("Suisse", "CH"), ("Schweiz", "CH")),
        *(
            ("España", "ES"),
            ("Espana", "ES"),
            ("Ελλάδα", "GR"),
            ("日本", "JP"),
            ("Россия", "RU"),
            ("Magyarország", "HU"),
        ),
        *(
            ("Côte d’Ivoire", "CI"),
            ("Cote d'Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Czech Republic", "CZ"),
            ("Türkiye", "TR"),
        ),
        *(
            ("Bosnia and Herzegovina", "BA"),
            ("Trinidad & Tobago", "TT"),
            ("Kosovo", "XK"),
            ("Burma", "MM"),
            ("BU", "MM"),
        ),
        *(
            ("Bolivia, Plurinational State of", "BO"),
            ("Bolivia", "BO"),
            ("Iran", "IR"),
            ("Hong Kong", "HK"),
            ("Eire", "IE"),
        ),
    ],
)
def test_a_country_is_known_by_code_and_by_any_of_its_names(typed, code):
    for locale in ("en", "de", "pl"):
        assert Country("Country").parse(typed, locale=locale) == code


def test_every_country_is_known_by_its_name_in_its_own_languages_and_in_ours():
    kind, missed = Country("Country"), []
    for country in pycountry.countries:
        languages = {*get_official_languages(country.alpha_2, de_facto=True), "en", "de", "fr"}
        for language in sorted(
            languages & {"en", "de", "fr", "es", "it", "nl", "pl", "pt", "el", "hu", "cs", "da", "sv", "fi"}
        ):
            name = Locale.parse(language).territories.get(country.alpha_2)
            if name and kind.parse(f" {name.upper()} ", locale="en") != country.alpha_2:
                missed.append((country.alpha_2, language, name))
    assert not missed


@pytest.mark.feature("L158")
def test_an_unknown_country_is_answered_with_the_nearest():
    kind = Country("Country")
    error = refused(kind, "Germny", locale="en")
    assert error.code == "unknown"
    assert error.message == "A country is expected; “Germny” is none that is known."
    assert error.hint == "Did you mean Germany?"
    assert refused(kind, "Deutschlnd", locale="de").hint == "Did you mean Deutschland?"
    assert "from the list" in refused(kind, "zzzzzz").hint
    assert refused(kind, "Atlantis " * 5_000).code in ("unknown", "max")


def test_a_name_of_two_countries_is_answered_with_both():
    error = refused(Country("Country"), "Kongo", locale="en")
    assert error.code == "ambiguous"
    assert "Kinshasa" in error.hint and "Brazzaville" in error.hint


def test_a_country_is_stored_as_its_code_and_shown_by_name():
    kind = Country("Country")
    assert kind.format("AT", "de") == country_name("AT", "de") == "Österreich"
    assert kind.format("AT", "fr") == "Autriche"
    assert kind.plain("AT") == kind.to_json("AT") == "AT"
    labels = [label for _code, label in kind.options("de")]
    assert len(labels) == len(country_codes()) == 250
    assert labels.index("Österreich") < labels.index("Osttimor" if "Osttimor" in labels else "Pakistan")
    for value in ("at", "Austria", "ZZ", 40):
        with pytest.raises(FieldError):
            kind.from_json(value)


@pytest.mark.feature("L042", "L044")
def test_regions_are_offered_once_a_country_is_chosen_that_has_some():
    kind = Region("State", country="country")
    assert ("Bayern", "Bayern") in kind.options("de", {"country": "DE"})
    assert len(kind.options("de", SimpleNamespace(country="DE"))) == 16
    assert ("California", "California") in kind.options("en", {"country": "US"})
    assert Region("State", country="land").options("en", {"land": "CH"})[5] == ("Bern", "Bern")
    for country in ("HK", "ZZ", "", None):
        assert kind.options("en", {"country": country}) is None
    assert kind.options("en", {}) is None and kind.options("en") is None


@pytest.mark.feature("L042")
@pytest.mark.parametrize(
    ("typed", "country", "name"),
    [
        *(("BY", "DE", "Bayern"), ("de-by", "DE", "Bayern"), ("bayern", "DE", "Bayern"), ("Bavaria", "DE", "Bayern")),
        *(
            ("NRW", "DE", "Nordrhein-Westfalen"),
            ("nordrhein westfalen", "DE", "Nordrhein-Westfalen"),
            ("Thueringen", "DE", "Thüringen"),
        ),
        *(
            ("CA", "US", "California"),
            ("Kalifornien", "US", "California"),
            ("Washington, D.C.", "US", "District of Columbia"),
        ),
        *(("Zurich", "CH", "Zürich"), ("Genf", "CH", "Genève"), ("Geneva", "CH", "Genève"), ("Bern", "CH", "Bern")),
        *(
            ("Vienna", "AT", "Wien"),
            ("9", "AT", "Wien"),
            ("Québec", "CA", "Quebec"),
            ("Comunidad de Madrid", "ES", "Comunidad de Madrid"),
        ),
        *(
            ("kent", "GB", "Kent"),
            ("Middlesex", "GB", "Middlesex"),
            ("Alsace", "FR", "Alsace"),
            ("Kowloon", "HK", "Kowloon"),
        ),
        ("anywhere  else", None, "anywhere else"),
    ],
)
def test_a_region_is_known_by_code_and_name_within_its_country(typed, country, name):
    assert Region("State").parse(typed, country=country) == name


def test_a_region_of_another_country_is_refused_where_the_country_is_known():
    kind = Region("State")
    error = refused(kind, "Kalifornien", country="DE", locale="en")
    assert error.code == "unknown"
    assert error.message == "A region of Germany is expected; “Kalifornien” is none that is known."
    assert refused(kind, "Bayren", country="DE").hint == "Did you mean Bayern?"
    assert refused(kind, "zzz", country="US").hint.startswith("Known are: Alabama, Alaska, ")
    assert refused(Region("State", max=32), "x" * 33).code == "max"


def test_every_listed_region_is_accepted_as_it_is_listed():
    kind = Region("State")
    for country in country_codes():
        for name, _label in kind.options("en", {"country": country}) or ():
            assert kind.parse(name, country=country) == kind.parse(name) == name


@pytest.mark.feature("L044", "L057")
def test_a_country_determines_the_time_zone():
    assert default_zone("DE") == "Europe/Berlin" and default_zone("AT") == "Europe/Vienna"
    assert default_zone("US") == "America/New_York" and default_zone("AU") == "Australia/Sydney"
    assert zones_of("DE") == ["Europe/Berlin", "Europe/Busingen"]
    assert zones_of("US")[0] == "America/New_York" and "America/Los_Angeles" in zones_of("US")
    assert len(set(zones_of("US"))) == len(zones_of("US"))
    assert zones_of("ZZ") == zones_of(None) == [] and default_zone("ZZ") is default_zone(None) is None
    without = {code for code in country_codes() if default_zone(code) is None}
    assert without == {"AQ", "BV", "HM", "UM"}
    for code in country_codes() - without:
        assert ZoneInfo(default_zone(code))
        assert code == "XK" or len(zones_of(code)) == 1 or default_zone(code) in zones_of(code)[:1]


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Indianapolis", "America/Indiana/Indianapolis"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("Singapore", "Asia/Singapore"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("utc", "UTC"),
        ("Etc/GMT+1", "Etc/GMT+1"),
    ],
)
def test_a_time_zone_is_known_by_name_place_or_windows_name(typed, zone):
    assert TimeZone("Time zone").parse(typed) == zone


@pytest.mark.parametrize(
    "typed", ["UTC+1", "+01:00", "GMT-5", "etc/gmt-1", "Mars", "posix/UTC", "right/UTC", "Factory", "Europe"]
)
def test_an_offset_is_no_time_zone(typed):
    error = refused(TimeZone("Time zone"), typed)
    assert error.code == "unknown" and error.hint


def test_the_offered_zones_exist_and_are_shown_readably():
    kind = TimeZone("Time zone")
    for zone, label in kind.options():
        assert ZoneInfo(zone).key == zone
        assert label == zone.replace("_", " ")
    assert refused(kind, "Berln").hint == "Did you mean Berlin?"
    assert "summer time" in refused(kind, "UTC+2").hint


@pytest.mark.feature("L045", "L155")
@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        *(
            ("de", "de"),
            ("DE", "de"),
            ("de_DE", "de-DE"),
            ("de-de", "de-DE"),
            ("en_US", "en-US"),
            ("pt-BR", "pt-BR"),
            ("nb_NO", "nb-NO"),
        ),
        *(
            ("zh-TW", "zh-TW"),
            ("zh_Hant", "zh-Hant"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("sr-Latn-RS", "sr-Latn-RS"),
            ("es-419", "es-419"),
        ),
        *(
            ("German", "de"),
            ("Deutsch", "de"),
            ("français", "fr"),
            ("Francais", "fr"),
            ("日本語", "ja"),
            ("Türkçe", "tr"),
            ("Türkisch", "tr"),
        ),
        *(("German (Austria)", "de-AT"), ("Deutsch (Österreich)", "de-AT"), ("English (United States)", "en-US")),
    ],
)
def test_a_language_is_known_by_tag_and_name(typed, tag):
    assert Language("Language").parse(typed, locale="en") == tag


@pytest.mark.parametrize(
    "typed", ["xx", "de-XX", "klingon!", "C", "root", "de_DE.UTF-8", "und", "x-private", "--", "de-", "deutsches"]
)
def test_what_no_language_is_called_is_refused(typed):
    error = refused(Language("Language"), typed)
    assert error.code == "unknown" and error.hint


def test_a_language_is_shown_by_name():
    kind = Language("Language")
    assert kind.format("de-AT", "en") == "German (Austria)"
    assert kind.format("zh-Hant", "de") == "Chinesisch (Traditionell)"
    assert ("de", "Deutsch") in kind.options("de") and ("de-AT", "Deutsch (Österreich)") in kind.options("de")
    assert refused(kind, "Germna", locale="en").hint == "Did you mean German?"
    for value in ("de_DE", "German", 1):
        with pytest.raises(FieldError):
            kind.from_json(value)
