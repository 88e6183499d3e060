"""The rules of the tree: what may stand where. Each test names every place that breaks its rule."""

import ast
import re
import tomllib
from collections import Counter

import importlinter.cli
import pytest
from flask import Flask

import app.models_index  # noqa: F401  (all tables)
from app.web import access
from tenants import Shared, Tenanted

from . import source
from .source import ROOT, short

PYTHON = ("app", "tenants", "migrations", "tests", "bench", "dev.py", "worker.py")
PRODUCT = ("app", "tenants")

# --- storeys ----------------------------------------------------------------------------------------------------------

# What belongs to no storey: read by every one, or above them all.
NO_STOREY = {
    "app.config",
    "app.counting",
    "app.errors",
    "app.extensions",
    "app.i18n",
    "app.models_index",
    "app.wording",
}


def test_imports_go_down_never_up(monkeypatch):
    monkeypatch.chdir(ROOT)
    status = importlinter.cli.lint_imports(config_filename="pyproject.toml", no_cache=True, no_logo=True)
    assert status == importlinter.cli.EXIT_STATUS_SUCCESS


def test_every_module_has_a_storey():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    layers = {name.strip(" ()") for layer in contract["layers"] for name in layer.split("|")}
    found = {
        f"app.{path.stem}" if path.is_file() else f"app.{path.name}"
        for path in (ROOT / "app").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    }
    assert sorted(found - layers - NO_STOREY) == []


FLASK = re.compile(r"(flask|flask_\w+|htmx_flask|werkzeug)(\.|$)")
SCREENS = ("staff.py", "portal.py", "admin.py", "api.py", "screens.py")
MAY_KNOW_FLASK = re.compile(
    r"tenants/|app/web/|app/(staff|portal|admin|api)/|app/(application|extensions|errors|i18n|cli)\.py|app/fields/form\.py"
)


def test_only_screens_know_of_flask():
    found = [
        f"{path}:{line} imports {name}"
        for path, tree in source.modules(*PRODUCT)
        for line, name in source.imports(tree)
        if FLASK.match(name) and not MAY_KNOW_FLASK.match(path) and path.rpartition("/")[2] not in SCREENS
    ]
    assert found == []


def test_no_import_inside_a_function():
    found = [
        f"{path}:{line} imports {name}"
        for path, tree in source.modules(*PYTHON)
        for function in source.functions(tree)
        for line, name in source.imports(function)
    ]
    assert sorted(set(found)) == []


def test_names_without_a_meaning_have_no_home():
    vague = {"utils", "helpers", "common", "services", "managers", "base", "misc"}
    assert [short(path) for path in source.files(".py") if path.stem in vague] == []


# --- transactions and organizations -----------------------------------------------------------------------------------


def test_only_tenants_and_the_error_handler_end_a_transaction():
    found = [
        f"{path}:{call.lineno} calls {source.called(call)}()"
        for path, tree in source.modules("app")
        for call in source.calls(tree)
        if source.called(call) in ("commit", "rollback") and path != "app/errors.py"
    ]
    assert found == []


SCHEMAS = re.compile(r"\borg_(?!unit)|deskhand_(app|portal|org)\b|search_path|\bshared\.(?!html)")


def test_only_tenants_know_schemas_and_roles():
    found = [
        f"{path}:{line} says {SCHEMAS.search(text)[0]}"
        for path, tree in source.modules("app", "worker.py", "bench")
        for line, text in source.texts(tree)
        if SCHEMAS.search(text)
    ]
    assert found == []


def test_no_foreign_key_joins_shared_and_tenant_tables():
    tables = {table.name for table in Tenanted.metadata.tables.values()}
    assert all(table.schema is None for table in Tenanted.metadata.tables.values())
    for key in (key for table in Tenanted.metadata.tables.values() for key in table.foreign_keys):
        assert key.target_fullname.rpartition(".")[0] in tables, f"{key.parent} refers to {key.target_fullname}"
    for key in (key for table in Shared.metadata.tables.values() for key in table.foreign_keys):
        assert key.target_fullname.startswith("shared."), f"{key.parent} refers to {key.target_fullname}"


# What is written aside outlives a rollback; each caller is named here with the reason.
ASIDE = {
    "app/signin/passwords.py": 1,  # a try at a password counts even when the request fails
    "app/people/security.py": 1,  # who was refused something is seen although nothing was done
}


def test_few_write_aside():
    found = Counter(
        path for path, tree in source.modules("app") for call in source.calls(tree) if source.called(call) == "aside"
    )
    assert dict(found) == ASIDE


# --- sizes ------------------------------------------------------------------------------------------------------------


def test_no_file_is_too_long():
    sizes = {short(path): path.read_text().count("\n") for path in source.files(".py", ".js", ".css")}
    # A migration is a record of statements, not a text that is read for its sense.
    sizes = {path: lines for path, lines in sizes.items() if not path.startswith("migrations/")}
    assert {path: lines for path, lines in sizes.items() if lines > 400} == {}


def test_no_template_is_too_long():
    sizes = {name: text.count("\n") for name, text in source.templates()}
    assert {name: lines for name, lines in sizes.items() if lines > 150 * 1.25} == {}


# --- views ------------------------------------------------------------------------------------------------------------


@pytest.mark.threat("T-014")
def test_a_view_without_a_policy_stops_the_start():
    rogue = Flask("rogue", static_folder=None)
    rogue.add_url_rule("/open", "open", access.public("a test")(lambda: ""))
    access.check_policies(rogue)
    rogue.add_url_rule("/rogue", "rogue", lambda: "")
    with pytest.raises(access.UndeclaredView, match="rogue"):
        access.check_policies(rogue)


@pytest.mark.threat("T-014")
def test_the_start_checks_the_policies(app, monkeypatch):
    monkeypatch.delattr(app.view_functions["staff.home.index"], "policy")
    with pytest.raises(access.UndeclaredView, match=r"staff\.home\.index"):
        access.check_policies(app)
    builders = [tree for path, tree in source.modules("app") if path == "app/application.py"]
    assert "check_policies" in {source.called(call) for call in source.calls(builders[0])}


# --- templates --------------------------------------------------------------------------------------------------------

# Parts of other templates: never an answer by themselves, so nothing swaps them.
PIECES = {
    "shared/_breadcrumbs.html",
    "shared/_cells.html",
    "shared/_control.html",
    "shared/_empty.html",
    "shared/_field.html",
    "shared/_job.html",
    "shared/_list_add.html",
    "shared/_list_tools.html",
    "shared/_marked.html",
    "shared/_neighbours.html",
    "shared/_operations.html",
    "shared/_pager.html",
    "shared/_status.html",
    "shared/_toast.html",
    "shared/_user_menu.html",
    "staff/_delete.html",
    "staff/search/_help.html",
}
# Answers whose root comes from elsewhere.
ROOT_ELSEWHERE = {
    "errors/_line.html": "put into #alerts, which stays",
    "shared/_cell_form.html": "the macro `editor` of _cells.html",
    "shared/_cell_saved.html": "a cell of app/web/cells.py, with what goes beside it",
}


def fragments() -> dict[str, str]:
    return {name: text for name, text in source.templates() if name.rpartition("/")[2].startswith("_")}


def test_a_fragment_has_one_root_with_an_id():
    wrong = {}
    for name, text in fragments().items():
        elements = source.Elements(source.one_way(text))
        roots = [f"<{tag} id={attributes.get('id')}>" for tag, attributes in elements.roots]
        whole = len(roots) == 1 and elements.roots[0][1].get("id") and not elements.outside.strip("x")
        if not whole and name not in PIECES and name not in ROOT_ELSEWHERE:
            wrong[name] = roots
    assert wrong == {}


def test_a_piece_is_only_used_by_templates():
    named = {text for _, tree in source.modules("app") for _, text in source.texts(tree)}
    assert sorted(PIECES & named) == []
    assert sorted((PIECES | set(ROOT_ELSEWHERE)) - set(fragments())) == [], "These are listed here, but do not exist."


@pytest.mark.threat("T-061", "T-063")
def test_templates_hold_no_code_of_their_own():
    wrong = []
    for name, text in source.templates():
        for tag, attributes, _ in source.Elements(source.without_jinja(text)).found:
            wrong += [f"{name}: <{tag} {attribute}>" for attribute in attributes if _is_code(attribute)]
            wrong += [f"{name}: <{tag}>"] if tag == "style" or (tag == "script" and "src" not in attributes) else []
            wrong += [f"{name}: {value}" for value in attributes.values() if (value or "").startswith("javascript:")]
    assert wrong == []


def _is_code(attribute: str) -> bool:
    return attribute == "style" or attribute.startswith(("on", "hx-on", "data-hx-on", "hx-vals:js", "_"))


@pytest.mark.threat("T-061")
def test_templates_escape_everything():
    unescaped = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b")
    found = [name for name, text in source.templates() if unescaped.search(text)]
    assert found == []


# What else becomes markup: cells, by the hundred (see tests/web/test_cells.py), and the texts that translators wrote.
MADE_MARKUP = {
    ("app/web/cells.py", "Markup(''.join(cells))"),
    ("app/i18n.py", "Markup(text)"),
}


@pytest.mark.threat("T-061")
def test_markup_is_only_made_of_fixed_text():
    found = [
        f"{path}:{call.lineno}"
        for path, tree in source.modules(*PRODUCT)
        for call in source.calls(tree)
        if source.called(call) == "Markup" and not all(isinstance(given, ast.Constant) for given in call.args)
        if (path, ast.unparse(call)) not in MADE_MARKUP
    ]
    assert found == []


# --- what must not be in the repository -------------------------------------------------------------------------------

HOSTS = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|unpkg\.com|jsdelivr|cdnjs|registry\.\w")
MACHINE = re.compile(r"(?<![\w.])/(home|root|Users|work)/\w")
TEXT = tuple(
    [".py", ".html", ".js", ".css", ".toml", ".lock", ".json", ".md", ".cfg", ".ini", ".npmrc", ".yaml", ".yml", "/run"]
)


def test_no_registry_and_no_machine_is_named():
    found = []
    for path in source.files(*TEXT):
        if path.name == "test_layout.py":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if HOSTS.search(line) or MACHINE.search(line):
                found.append(f"{short(path)}:{number}")
    assert found == []
