"""Asks the advisory service for known vulnerabilities of what is installed; never green without an answer.

pip-audit skips every package and ends with 0 when the service does not answer. Here that prints
`audit: not run`, and with REQUIRE_AUDIT=1 it is an error.
"""

import json
import os
import subprocess
import sys


def main() -> int:
    """Return 0 when nothing is known against the packages, 1 when something is or nobody could be asked."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    try:
        asked = subprocess.run([*command, "--timeout", "15"], capture_output=True, text=True, timeout=300)
        packages = json.loads(asked.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return not_run("the advisory service did not answer")
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped:
        return not_run(f"{len(skipped)} of {len(packages)} packages could not be asked about")
    return report(packages)


def not_run(why: str) -> int:
    """Say so, and fail where an answer is required."""
    sys.stdout.write(f"audit: not run ({why})\n")
    return 1 if os.environ.get("REQUIRE_AUDIT") == "1" else 0


def report(packages: list[dict[str, object]]) -> int:
    """Print one line per package with a known weakness."""
    bad = [package for package in packages if package.get("vulns")]
    for package in bad:
        ids = ", ".join(str(weakness["id"]) for weakness in package["vulns"])  # type: ignore[attr-defined]
        sys.stdout.write(f"{package['name']} {package['version']}: {ids}\n")
    sys.stdout.write(f"audit: {len(packages)} packages asked about, {len(bad)} with known weaknesses\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
