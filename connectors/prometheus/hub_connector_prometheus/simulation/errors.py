"""What can go wrong with a query, under the names the Prometheus HTTP API has for it."""


class QueryError(Exception):
    """A query that cannot be answered.

    Attributes:
        kind: `errorType` of the answer (Prometheus HTTP API, "Format overview").
        status: HTTP status that goes with it.
    """

    kind = "bad_data"
    status = 400


class ParseError(QueryError):
    """The expression is no PromQL, or PromQL that the sandbox does not know.

    Args:
        message: What is wrong.
        text: The whole expression.
        position: Where in it, counted from 0.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        super().__init__(f"{line}:{column}: parse error: {message}")


class BadRegex(QueryError):
    """A regular expression that the sandbox refuses."""


class ExecutionError(QueryError):
    """The expression is right but cannot be evaluated over this data."""

    kind = "execution"
    status = 422


class QueryTimeout(QueryError):
    """The query took longer than it may."""

    kind = "timeout"
    status = 503
