"""The quality scale itself: its tiers and rules, as data, each with the check that verifies it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hub.quality.contract import contract_and_snapshots, coverage_and_owner, passes
from hub.quality.dependencies import lowest_and_newest
from hub.quality.evidence import Evidence
from hub.quality.finding import Finding
from hub.quality.readme import readme_is_complete, rights_limits_and_examples, verification_is_dated
from hub.quality.renames import old_names_work
from hub.quality.source import names_follow, no_state_in_modules, only_the_hubs_client
from hub.quality.types import strict_types

TIERS = ("bronze", "silver", "gold", "platinum")
"""From the lowest; each includes those before it."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        tier: Where it belongs.
        name: As quality.toml writes it.
        text: What it asks for.
        check: Verifies it; None where only people can.
    """

    tier: str
    name: str
    text: str
    check: Callable[[Evidence], Finding] | None = field(default=None, repr=False)


def _tier(tier: str, *rules: tuple[str, str, Callable[[Evidence], Finding] | None]) -> tuple[Rule, ...]:
    return tuple(Rule(tier=tier, name=name, text=text, check=check) for name, text, check in rules)


RULES: tuple[Rule, ...] = (
    *_tier(
        "bronze",
        ("names-follow-the-pattern", "folder, entry point, distribution and package are named alike", names_follow),
        (
            "contract-and-schema-snapshots",
            "ConnectorContract passes; a schema snapshot per tool",
            contract_and_snapshots,
        ),
        (
            "everything-described",
            "every tool and parameter described, writes marked, names of at most 64 characters",
            passes(
                "test_everything_is_described",
                "test_names_are_short_enough_for_every_client",
                "test_schemas_are_closed_and_valid",
                "test_tools_that_are_no_writes_send_none",
            ),
        ),
        (
            "import-is-light",
            "importing opens no socket, reads no file or variable, takes < 100 ms beyond the hub",
            passes(
                "test_importing_does_nothing_else",
                "test_importing_is_light",
                "test_constructing_opens_nothing",
                "test_loading_makes_no_request",
            ),
        ),
        (
            "settings-are-strict-and-secrets-typed",
            "settings reject unknown keys; credentials are typed Secret",
            passes("test_an_unknown_key_is_an_error", "test_credentials_are_secrets"),
        ),
        (
            "verify-access",
            "verify_access() makes one cheap authenticated call",
            passes("test_verify_access_makes_an_authenticated_call"),
        ),
        (
            "readme-is-complete",
            "README: what it reaches, rights, hub.toml block, settings, tools, removal",
            readme_is_complete,
        ),
        ("no-mutable-module-state", "no state in modules or on classes", no_state_in_modules),
    ),
    *_tier(
        "silver",
        (
            "service-errors-mapped-and-tested",
            "every documented error of the service maps to a hub error, with a test each",
            None,
        ),
        (
            "rejected-credential-named",
            "a 401 names the setting, is not repeated, and leaves other connectors alone",
            passes("test_a_rejected_credential_is_named", "test_two_instances_run_side_by_side"),
        ),
        (
            "rate-limits-honoured",
            "429 and Retry-After are honoured; the default rate limit cites the vendor's page",
            None,
        ),
        (
            "outage-logged-once",
            "an outage is logged once when it begins and once when it ends",
            passes("test_an_outage_is_logged_once"),
        ),
        ("closes-cleanly", "no task, socket or warning is left after closing", passes("test_it_closes_cleanly")),
        (
            "writes-never-retried",
            "writes are not repeated unless they are idempotent",
            passes("test_a_write_is_sent_once"),
        ),
        (
            "branch-coverage-95-and-owner",
            "tests cover 95 % of lines and branches; there is a named owner",
            coverage_and_owner,
        ),
    ),
    *_tier(
        "gold",
        (
            "bounded-output",
            "output is bounded: pages, limits, truncation stated",
            passes("test_answers_are_bounded"),
        ),
        (
            "read-only-lists-no-write",
            "read-only mode lists no tool that writes",
            passes("test_read_only_hides_every_write"),
        ),
        (
            "two-instances-side-by-side",
            "two instances of the service run side by side",
            passes("test_two_instances_run_side_by_side"),
        ),
        (
            "diagnose-holds-no-secret",
            "`hub diagnose` and everything else hold no planted secret",
            passes("test_a_diagnosis_holds_no_secret", "test_planted_secrets_appear_nowhere"),
        ),
        (
            "rights-limits-and-examples-documented",
            "README: table of rights per tool, known limits, three worked examples",
            rights_limits_and_examples,
        ),
        ("renamed-tools-keep-an-alias", "a renamed tool keeps its old name for one minor version", old_names_work),
    ),
    *_tier(
        "platinum",
        (
            "strict-types-and-typed-models",
            "pyright strict without ignores; typed models rather than dicts",
            strict_types,
        ),
        (
            "async-over-the-hubs-client-only",
            "asynchronous throughout, only the hub's HTTP client",
            only_the_hubs_client,
        ),
        (
            "lowest-and-newest-dependencies",
            "tested at the lowest and the newest versions of its dependencies",
            lowest_and_newest,
        ),
        (
            "contract-verified-and-dated",
            "verified against a recorded or emulated service, dated in the README",
            verification_is_dated,
        ),
    ),
)
