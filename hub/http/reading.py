"""Reads JSON answers, whatever a service, a proxy or a login page sends in their place."""

from typing import TYPE_CHECKING, Any

from hub.connector.service import Service
from hub.errors import ServiceUnavailable

if TYPE_CHECKING:
    import httpx


def read_json(response: "httpx.Response", service: Service) -> Any:
    """The answer's JSON value.

    Args:
        response: A whole answer.
        service: Where it comes from; errors name it.

    Raises:
        ServiceUnavailable: It is no JSON. RFC 8259 has no NaN or Infinity, and nesting too deep to be worked with
            counts as broken, too.
    """
    import orjson

    try:
        # orjson refuses NaN, invalid UTF-8 and more than 1,024 levels, and reads integers beyond 64 bits as floats.
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        pass
    label = service.label or "The service"
    where = f"is {service.setting} the right address?" if service.setting else "is that the right address?"
    if _looks_like_html(response):
        raise ServiceUnavailable(
            f"{label} answered with HTML, not JSON", hint=f"A login page or a proxy may stand in between; {where}"
        )
    what = "an empty answer" if not response.content.strip() else "something that is no JSON"
    raise ServiceUnavailable(
        f"{label} sent {what} (status {response.status_code})", hint=where[0].upper() + where[1:]
    )


def _looks_like_html(response: "httpx.Response") -> bool:
    start = response.content[:512].lstrip().lower()
    return "html" in response.headers.get("content-type", "") or start.startswith((b"<!doctype html", b"<html"))
