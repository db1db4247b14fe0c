"""The contract's part on import and construction: light, and without any effect."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr

from hub.testing import probe
from hub.testing.contract.base import ContractBase, fail, require
from hub.testing.installed import installed

MOST_SECONDS = 0.1
"""Of CPU that importing a connector may take beyond the hub itself."""
_TRIES = 8


class Importing(ContractBase):
    """Checks of what happens before the first call."""

    def test_importing_does_nothing_else(self) -> None:
        require(problems=self._probed()["importing"], what="importing the package")

    def test_constructing_opens_nothing(self) -> None:
        require(problems=self._probed()["constructing"], what="constructing the connector")

    def test_importing_is_light(self) -> None:
        best = self._probed(timed=True)
        for _ in range(_TRIES - 1):  # the first may compile, and the machine may be busy
            if best["seconds"] <= MOST_SECONDS:
                break
            best = min(best, self._probed(timed=True), key=lambda one: one["seconds"])
        if best["seconds"] > MOST_SECONDS:
            took, most = best["seconds"] * 1000, MOST_SECONDS * 1000
            fail(
                f"importing takes {took:.0f} ms beyond the hub, {most:.0f} ms is the most; import these inside "
                f"functions: {', '.join(best['modules'])}"
            )

    def _probed(self, *, timed: bool = False) -> dict[str, Any]:
        found = installed(self.connector)
        done = subprocess.run(  # noqa: S603  this interpreter
            [
                sys.executable,
                "-P",
                str(Path(probe.__file__)),
                found.name,
                found.module,
                "timed" if timed else "watched",
            ],
            input=json.dumps(_revealed(self.settings)),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            fail(f"importing or constructing it in a process of its own failed:\n{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])


def _revealed(value: Any) -> Any:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value)
        case Mapping():
            return {key: _revealed(item) for key, item in cast("Mapping[str, Any]", value).items()}
        case list() | tuple():
            return [_revealed(item) for item in cast("list[Any]", value)]
        case _:
            return value
