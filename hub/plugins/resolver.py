"""What reads secrets of one kind, such as `{ vault = "kv/jira#token" }`; env, file and keyring are such, too."""

from abc import ABC, abstractmethod


class SecretResolver(ABC):
    """Reads the secrets that hub.toml refers to with one key.

    A resolver is made whenever hub.toml is read, and asked for each reference of its kind.
    """

    kind: str
    """The key in a reference: `vault` for `{ vault = "kv/jira#token" }`. Begins with a letter; a-z, 0-9 and `_`."""

    form: str = "…"
    """What stands right of it, for people, such as `PATH#KEY`."""

    @abstractmethod
    def resolve(self, target: str) -> str:
        """The secret a reference leads to.

        Runs in a thread, for several references at a time, and has five seconds.

        Args:
            target: What stands right of the kind.

        Raises:
            SecretUnavailable: There is none, or it cannot be read; says what to do about it. Any other error is
                told by its type alone, since its text may quote a secret.
        """
