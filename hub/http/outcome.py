"""What became of one attempt, where it brought no whole answer."""


class SendFailure(Exception):
    """No whole answer came.

    Args:
        reason: What happened, in a few words without addresses, queries or other libraries' texts.
        lasting: A repeat soon cannot help: the certificate is wrong, the address not allowed, the host silent.
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting


class NotSent(SendFailure):
    """Certain: not one byte of the request left for the service."""


class Unanswered(SendFailure):
    """The request may have reached the service, in part or whole."""
