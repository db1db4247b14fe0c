"""Sentences of which descriptions and comments of the backlog are made."""

from hub_connector_jira.simulation.site import BUG, STORY
from hub_connector_jira.simulation.world.chance import chance, pick

_WHERE = ("production", "staging and production", "production since the last release", "staging only")
_STEPS = (
    "Sign in as a customer with an open cart",
    "Open the checkout in a private window",
    "Use a business account with two addresses",
    "Take any product with stock below ten",
)
_COMMENTS = (
    "I can reproduce this on `{version}`. It does not happen with an empty cache.",
    "Customers have asked about it {count} times this month, most of them on phones.",
    "Let us take it into the next sprint. It is smaller than it looks.",
    "The cause is in `checkout/{module}.py`: the value is read before it is validated.",
    "Merged. I will watch the dashboard for a day before closing it.",
    "@[Priya Natarajan|priya.natarajan] could you look at the wording with support?",
    "Blocked until the provider answers. I wrote to them again today.",
    "Measured after the change: p95 went from {count}0 ms to {count} ms.",
    "Not seen since `{version}`. I would close it unless somebody objects.",
    "The test for it fails on the old code and passes on the new one.",
)
_MODULES = ("cart", "orders", "pricing", "promotions", "delivery", "payments")
_GAINS = (
    "they need not call support",
    "they know what they will pay",
    "they can finish in one go",
    "their bookkeeping is right",
)


def description(kind: str, key: str, component: str, title: str) -> str:
    """What an ordinary issue says below its title."""
    if kind == BUG:
        return (
            f"{title}. Seen in {pick(_WHERE, key, 'where')}.\n\n# Steps\n\n"
            f"1. {pick(_STEPS, key, 'step')}\n2. Do what the title says\n3. Look at {component}\n\n"
            f"**Expected:** it works as for everyone else. **Seen:** about {int(1 + 9 * chance(key, 'share'))} % "
            "of the tries fail."
        )
    if kind == STORY:
        return (
            f"As a customer I want this so that {pick(_GAINS, key, 'gain')}.\n\n# Done when\n\n"
            f"- {title}\n- The change is behind a flag\n- Support knows about it"
        )
    return f"{title}.\n\nTalk to the {component} owners before merging."


def comment(key: str, number: int) -> str:
    """One comment of an ordinary issue."""
    return pick(_COMMENTS, key, "comment", number).format(
        version=pick(("1.40.2", "1.41.3", "1.42.0"), key, "version"),
        count=int(2 + 8 * chance(key, "count", number)),
        module=pick(_MODULES, key, "module"),
    )
