"""What can be wrong with a query, in Jira's words."""


class JqlError(Exception):
    """A query that Jira refuses with status 400.

    Attributes:
        messages: One for each problem found.
    """

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


class SyntaxProblem(JqlError):
    """The text is no JQL.

    Args:
        message: What is wrong, without the place.
        text: The whole query.
        position: Where in it, counted from 0; None for its end.
    """

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        place = ""
        if position is not None:
            line = text.count("\n", 0, position) + 1
            place = f" (line {line}, character {position - text.rfind(chr(10), 0, position)})"
        super().__init__(f"Error in the JQL Query: {message}{place}")
