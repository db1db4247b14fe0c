"""The story: its deploy is always at 14:05 UTC, in the past, and settled."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sandbox.story import Story


@pytest.mark.parametrize(
    ("now", "deploy"),
    [
        ("2026-03-10T18:00:00", "2026-03-10T14:05:00"),
        ("2026-03-10T14:35:00", "2026-03-10T14:05:00"),
        ("2026-03-10T14:34:59", "2026-03-09T14:05:00"),
        ("2026-03-10T09:00:00", "2026-03-09T14:05:00"),
        ("2026-03-01T00:00:00", "2026-02-28T14:05:00"),
    ],
)
def test_the_deploy_is_the_last_1405_utc_that_is_half_an_hour_old(now: str, deploy: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    assert Story.beginning(lambda: moment).deploy_at == datetime.fromisoformat(deploy).replace(tzinfo=UTC)


@given(st.floats(min_value=1_500_000_000, max_value=4_000_000_000))
def test_the_deploy_lies_between_half_an_hour_and_a_day_and_a_half_hour_back(now: float) -> None:
    age = now - Story.beginning(lambda: now).deploy_at.timestamp()
    assert 30 * 60 - 1e-3 <= age <= 24 * 3600 + 30 * 60


def test_the_bad_release_is_the_one_of_the_deploy_and_follows_the_good_one() -> None:
    story = Story.beginning(lambda: 1_800_000_000)
    assert story.bad_release.deployed_at == story.deploy_at
    assert (story.good_release.version, story.bad_release.version) == ("1.42.0", "1.43.0")
    assert [release.deployed_at for release in story.releases] == sorted(
        release.deployed_at for release in story.releases
    )


def test_every_address_in_the_story_is_in_a_domain_reserved_for_examples() -> None:
    story = Story.beginning(lambda: 1_800_000_000)
    for person in (story.author, story.on_call, story.manager, story.support):
        assert person.email.endswith(".example")
    assert ".example/" in story.runbook
