"""What the kit promises, and that it asks for no more than it says."""

import subprocess
import sys

import hub.testing


def test_the_kit_exports_what_it_lists() -> None:
    assert sorted(hub.testing.__all__) == hub.testing.__all__
    for name in hub.testing.__all__:
        value = getattr(hub.testing, name)
        assert not isinstance(value, type) or value.__doc__, name


def test_importing_the_kit_needs_neither_pytest_nor_respx() -> None:
    code = "import sys, hub.testing; print(sorted({'pytest', 'respx', 'mcp', 'httpx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
