"""Accounts of the simulated site: the people of the story and those who work beside them."""

import hashlib
from dataclasses import dataclass

from hub.sandbox.story import Person, Story

OTHERS = (
    ("Priya Natarajan", "priya.natarajan"),
    ("Jonas Weber", "jonas.weber"),
    ("Lucía Ferrer", "lucia.ferrer"),
    ("Daniel Osei", "daniel.osei"),
    ("Hana Kobayashi", "hana.kobayashi"),
    ("Maya Okafor", "maya.okafor"),
)
HIDES_EMAIL = "hana.kobayashi"
LEFT = ("Erik Sandberg", "erik.sandberg")
BOT = ("Deploy Bot", "deploy.bot")


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """An account.

    Attributes:
        shows_email: Whether others see the address; search finds the account by it in any case.
        kind: `atlassian` for people, `app` for programs.
    """

    name: str
    handle: str
    active: bool = True
    shows_email: bool = True
    kind: str = "atlassian"

    @property
    def account_id(self) -> str:
        """Identifier of the account on Cloud."""
        return account_id(self.handle)

    @property
    def key(self) -> str:
        """Identifier of the account on Data Center."""
        return f"JIRAUSER{10_000 + int(_digest(self.handle)[:4], 16)}"

    @property
    def email(self) -> str:
        """Address, in a domain reserved for examples."""
        return f"{self.handle}@shop.example"


def account_id(handle: str) -> str:
    """The Cloud account id that belongs to a handle."""
    digest = _digest(handle)
    return f"712020:{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def people_of(story: Story) -> tuple[User, ...]:
    """Everyone with an account; the one on call first."""
    named = [*(_of(person) for person in (story.on_call, story.author, story.manager, story.support)), *OTHERS]
    return (
        *(User(name=name, handle=handle, shows_email=handle != HIDES_EMAIL) for name, handle in named),
        User(name=LEFT[0], handle=LEFT[1], active=False),
        User(name=BOT[0], handle=BOT[1], kind="app"),
    )


def _of(person: Person) -> tuple[str, str]:
    return person.name, person.handle


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
