"""What MCP's wire format is made of."""

from functools import partial
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, Prompt, Resource, ResourceTemplate, Tool

from hub.access.principal import LOCAL
from hub.calls.types import Call, Kind, Outcome
from hub.catalog import definitions
from hub.results.content import Audio, Embedded, Image, ResourceLink, Text
from hub.server import wire


def call(kind: Kind = "tool", name: str = "bench_echo") -> Call:
    return Call(id="1", kind=kind, name=name, principal=LOCAL, transport="memory")


RESOURCE = partial(wire.resource_result, call("resource"))


def failure(error: str, text: str = "It failed. Try again", **more: Any) -> Outcome:
    return Outcome(content=(Text(text),), error=error, **more)


def test_a_reading_tool_is_marked_read_only(fake_hub: Any) -> None:
    definition = definitions.tool_definition(fake_hub.tool("bench_echo"))
    assert definition["annotations"] == {"readOnlyHint": True, "openWorldHint": True}
    assert definition["title"] == "Say it again"
    assert definition["inputSchema"]["properties"]["text"]["description"] == "What to say"


def test_a_writing_tool_says_what_harm_it_can_do(fake_hub: Any) -> None:
    definition = definitions.tool_definition(fake_hub.tool("bench_wipe"))
    assert definition["annotations"] == {
        "readOnlyHint": False,
        "destructiveHint": True,
        "idempotentHint": True,
        "openWorldHint": True,
    }


def test_definitions_are_those_of_the_sdk(fake_hub: Any) -> None:
    for item in fake_hub.tools(LOCAL):
        Tool.model_validate(definitions.tool_definition(item), by_name=False)
    for item in fake_hub.prompts(LOCAL):
        Prompt.model_validate(definitions.prompt_definition(item), by_name=False)
    for item in fake_hub.resources(LOCAL):
        shape = ResourceTemplate if definitions.is_template(item) else Resource
        shape.model_validate(definitions.resource_definition(item), by_name=False)


def test_a_prompt_names_its_arguments_and_which_are_needed(fake_hub: Any) -> None:
    (item,) = fake_hub.prompts(LOCAL)
    assert definitions.prompt_definition(item)["arguments"] == [
        {"name": "note", "required": True, "description": "Its number"},
        {"name": "tone", "required": False, "description": "How to say it"},
    ]


def test_text_goes_out_once_and_never_as_structured_content() -> None:
    result = wire.tool_result(Outcome(content=(Text("up"),)))
    assert result == {"content": [{"type": "text", "text": "up"}], "isError": False}


def test_every_kind_of_content_is_one_the_sdk_knows() -> None:
    content = (Text("a"), Image(data=b"\x00", mime_type="image/png"), ResourceLink(uri="x://1", name="One"))
    parsed = CallToolResult.model_validate(wire.tool_result(Outcome(content=content)), by_name=False)
    assert [block.type for block in parsed.content] == ["text", "image", "resource_link"]


def test_a_failed_tool_is_an_error_the_model_can_read() -> None:
    result = wire.tool_result(failure("rate_limited"))
    assert result == {"content": [{"type": "text", "text": "It failed. Try again"}], "isError": True}


@pytest.mark.parametrize("result", [wire.tool_result, RESOURCE, wire.prompt_result])
def test_an_unknown_name_is_an_error_of_the_protocol(result: Any) -> None:
    with pytest.raises(MCPError) as caught:
        result(failure("unknown_name", "Unknown tool 'bench_echo'"))
    assert (caught.value.code, caught.value.message) == (INVALID_PARAMS, "Unknown tool 'bench_echo'")


@pytest.mark.parametrize("result", [RESOURCE, wire.prompt_result])
def test_what_cannot_be_read_says_why_and_when_to_retry(result: Any) -> None:
    with pytest.raises(MCPError) as caught:
        result(failure("rate_limited", retry_after=3.0))
    assert caught.value.code == wire.CALL_FAILED
    assert caught.value.message == "It failed. Try again"
    assert caught.value.data == {"error": "rate_limited", "retryAfter": 3.0}


def test_a_resource_carries_its_own_type_and_uri() -> None:
    outcome = Outcome(content=(Text("# 7"), Image(data=b"\x01", mime_type="image/png")), mime_type="text/markdown")
    assert wire.resource_result(call("resource", "bench://note/7"), outcome)["contents"] == [
        {"uri": "bench://note/7", "mimeType": "text/markdown", "text": "# 7"},
        {"uri": "bench://note/7", "mimeType": "image/png", "blob": "AQ=="},
    ]


def test_recordings_and_embedded_resources_are_blocks_of_their_own() -> None:
    outcome = Outcome(
        content=(
            Audio(data=b"\x01", mime_type="audio/wav"),
            Embedded(uri="x://1", text="one"),
            Embedded(uri="x://2", data=b"\x02", mime_type="application/pdf"),
        )
    )
    assert wire.tool_result(outcome)["content"] == [
        {"type": "audio", "data": "AQ==", "mimeType": "audio/wav"},
        {"type": "resource", "resource": {"uri": "x://1", "mimeType": "text/plain", "text": "one"}},
        {"type": "resource", "resource": {"uri": "x://2", "mimeType": "application/pdf", "blob": "Ag=="}},
    ]


def test_a_resource_may_hold_bytes_and_other_resources() -> None:
    outcome = Outcome(content=(Audio(data=b"\x01", mime_type="audio/wav"), Embedded(uri="x://1", data=b"\x02")))
    assert wire.resource_result(call("resource", "x://all"), outcome)["contents"] == [
        {"uri": "x://all", "mimeType": "audio/wav", "blob": "AQ=="},
        {"uri": "x://1", "mimeType": "text/plain", "blob": "Ag=="},
    ]


def test_the_error_for_a_missing_resource_names_it() -> None:
    with pytest.raises(MCPError) as caught:
        wire.resource_result(
            call("resource", "x://none"), Outcome(content=(Text("Unknown resource"),), error="unknown_name")
        )
    assert (caught.value.error.code, caught.value.error.data) == (-32602, {"uri": "x://none"})
