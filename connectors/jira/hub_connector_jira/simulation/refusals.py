"""The other way to answer a request: an error as Jira words it."""

from collections.abc import Mapping


class Refused(Exception):
    """An error that Jira answers with.

    Attributes:
        body: The answer; by default Jira's error collection.
        headers: Sent beside it.
    """

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(*messages)
        self.status = status
        self.body = body or {"errorMessages": list(messages), "errors": dict(errors or {})}
        self.headers = dict(headers or {})
