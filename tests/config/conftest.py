"""Writes a hub.toml and reads it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.config.load import load_settings
from hub.config.models import HubSettings
from hub.errors import ConfigError


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str | bytes], HubSettings]:
    """Settings of a hub.toml with this content."""

    def read(content: str | bytes) -> HubSettings:
        path = tmp_path / "hub.toml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_settings(path)

    return read


@pytest.fixture
def refusal(load: Callable[[str | bytes], HubSettings]) -> Callable[[str | bytes], ConfigError]:
    """The error of a hub.toml with this content."""

    def read(content: str | bytes) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load(content)
        assert "\n" not in str(caught.value)
        return caught.value

    return read
