"""Finding installed connectors without importing them."""

import sys
from collections.abc import Callable
from pathlib import Path

from hub.discovery.found import FoundConnector, find_connectors

EXPLODES = "raise RuntimeError('imported')"
InstallConnector = Callable[..., Path]


def named(name: str) -> list[FoundConnector]:
    return [found for found in find_connectors() if found.name == name]


def test_a_connector_is_found_with_its_distribution_and_not_imported(install_connector: InstallConnector) -> None:
    install_connector("pagers", EXPLODES, version="2.5.1")
    (found,) = named("pagers")
    assert (found.distribution, found.version, found.incompatible) == ("hub-connector-pagers", "2.5.1", "")
    assert found.module not in sys.modules


def test_a_package_that_needs_another_hub_is_marked_with_both(install_connector: InstallConnector) -> None:
    install_connector("future", EXPLODES, requires="mcp-integration-hub>=99,<100")
    (found,) = named("future")
    assert "needs mcp-integration-hub<100,>=99, this is 0." in found.incompatible


def test_of_two_packages_with_one_name_the_one_named_after_it_is_used(install_connector: InstallConnector) -> None:
    install_connector("pagers", EXPLODES, distribution="a-pager-fork")
    install_connector("pagers", EXPLODES)
    assert [(f.distribution, f.shadowed_by) for f in named("pagers")] == [
        ("hub-connector-pagers", ""),
        ("a-pager-fork", "hub-connector-pagers"),
    ]
