"""What MCP has deprecated and clients still offer: their model, and the folders they work in."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from hub.connector.asking import Question, Unfit, question


def sample(key: str, text: str, *, max_tokens: int, system: str = "") -> Question[str]:
    """Let the client's model answer a text. Deprecated by MCP 2026-07-28; few clients can do it.

    Args:
        key: Names the question within the call, as in `ask`.
        text: What the model gets, as a message of the user.
        max_tokens: Longest answer.
        system: System prompt.

    Raises:
        CannotAsk: This client lends nobody its model. Raised by `await`.
    """
    message = {"role": "user", "content": {"type": "text", "text": text}}
    params: dict[str, Any] = {"messages": [message], "maxTokens": max_tokens}
    if system:
        params["systemPrompt"] = system
    return question(key, "sampling", "sampling/createMessage", params, _text)


class Root(BaseModel):
    """A folder or file the client works in.

    Attributes:
        uri: A `file://` URI.
        name: For people.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    uri: str
    name: str | None = None


def client_roots(key: str = "roots") -> Question[tuple[Root, ...]]:
    """Ask which folders the client works in. Deprecated by MCP 2026-07-28.

    Args:
        key: Names the question within the call, as in `ask`.

    Raises:
        CannotAsk: This client does not say. Raised by `await`.
    """
    return question(key, "roots", "roots/list", {}, lambda answer: _Roots.model_validate(answer).roots)


class _Roots(BaseModel):
    roots: tuple[Root, ...]


def _text(answer: Mapping[str, Any]) -> str:
    content: object = answer.get("content")
    blocks = cast("list[object]", content) if isinstance(content, list) else [content]
    texts = [cast("Mapping[str, object]", block).get("text") for block in blocks if isinstance(block, Mapping)]
    told = [text for text in texts if isinstance(text, str)]
    if not told:
        raise Unfit
    return "\n".join(told)
