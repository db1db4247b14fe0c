"""The connector the official MCP conformance suite expects: its fixtures, by the public contract alone.

The suite calls tools, resources and prompts by fixed names. Under the table `[connectors.test]` the hub's ordinary
namespace gives them exactly these: `test_simple_text`, `test://static-text`.
"""

import asyncio
import base64
import json
import os
import signal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from hub.plugin import (
    Audio,
    CannotAsk,
    Choices,
    Connector,
    ConnectorError,
    ConnectorSettings,
    Embedded,
    Form,
    Image,
    Result,
    Text,
    ask,
    client_roots,
    hookimpl,
    prompt,
    report_message,
    report_progress,
    resource,
    resource_changed,
    sample,
    together,
    tool,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
"""One red pixel."""

WAV = base64.b64decode("UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=")
"""A recording of no length."""

RED = Image(data=PNG, mime_type="image/png")
PAUSE = 0.05
"""Seconds between two notifications, as the suite's fixtures have it."""

MORE = '\n[connectors.more]\nconnector = "conformance"\nread_only = false\nhub_toml = ""\n'
"""What the triggers add to hub.toml and take away again, so that lists change as they do for an operator."""


class ConformanceSettings(ConnectorSettings):
    """The [connectors.test] table in hub.toml."""

    hub_toml: str
    """Path of hub.toml itself, which the triggers edit before they have the hub read it again."""


class Name(Form):
    """A name."""

    name: str


class Colour(Form):
    """A colour."""

    color: str


class Consent(Form):
    """Yes or no."""

    ok: bool


class Topic(Form):
    """What a prompt is to be about."""

    context: str


class Person(Form):
    """Who somebody is."""

    username: Annotated[str, Field(description="User's response")]
    email: Annotated[str, Field(description="User's email address")]


class Defaults(Form):
    """A default for every kind of field (SEP-1034)."""

    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


TITLED = {"value1": "First Option", "value2": "Second Option", "value3": "Third Option"}


class Enumerations(Form):
    """Every way to choose (SEP-1330)."""

    untitledSingle: Literal["option1", "option2", "option3"]  # noqa: N815  the suite's name
    titledSingle: Annotated[str, Choices(TITLED)]  # noqa: N815  the suite's name
    legacyEnum: Annotated[  # noqa: N815  the suite's name
        Literal["opt1", "opt2", "opt3"],
        Field(json_schema_extra={"enumNames": ["Option One", "Option Two", "Option Three"]}),
    ]
    untitledMulti: list[Literal["option1", "option2", "option3"]]  # noqa: N815  the suite's name
    titledMulti: list[Annotated[str, Choices(TITLED)]]  # noqa: N815  the suite's name


class Conformance(Connector[ConformanceSettings]):
    """Fixtures of the conformance suite."""

    title = "MCP conformance suite"

    @tool()
    async def simple_text(self) -> str:
        """Return text."""
        return "This is a simple text response for testing."

    @tool()
    async def image_content(self) -> Image:
        """Return a picture."""
        return RED

    @tool()
    async def audio_content(self) -> Audio:
        """Return a recording."""
        return Audio(data=WAV, mime_type="audio/wav")

    @tool()
    async def embedded_resource(self) -> Embedded:
        """Return what a resource holds."""
        return Embedded(uri="test://embedded-resource", text="This is an embedded resource content.")

    @tool()
    async def multiple_content_types(self) -> Result:
        """Return a text, a picture and what a resource holds."""
        data = Embedded(
            uri="test://mixed-content-resource", text='{"test":"data","value":123}', mime_type="application/json"
        )
        return Result((Text("Multiple content types test:"), RED, data))

    @tool()
    async def tool_with_logging(self) -> str:
        """Send three log messages."""
        for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await report_message(text)
            await asyncio.sleep(PAUSE)
        return "Three log messages were sent."

    @tool()
    async def logging_tool(self) -> str:
        """Send a log message to whom wants it."""
        await report_message("A log message")
        return "Logged."

    @tool()
    async def tool_with_progress(self) -> str:
        """Report progress three times."""
        for done in (0, 50, 100):
            await report_progress(done, 100)
            await asyncio.sleep(PAUSE)
        return "Progress was reported."

    @tool()
    async def error_handling(self) -> str:
        """Fail."""
        raise ConnectorError("This tool intentionally returns an error for testing")

    @tool(asks=True)
    async def sampling(self, prompt: Annotated[str, "What the model is asked"]) -> str:
        """Let the client's model answer."""
        return f"LLM response: {await sample('answer', prompt, max_tokens=100)}"

    @tool(asks=True)
    async def missing_capability(self) -> str:
        """Need a client that lends its model."""
        return await sample("answer", "Say something", max_tokens=10)

    @tool(asks=True)
    async def elicitation(self, message: Annotated[str, "What the person is asked"]) -> str:
        """Ask the person who they are."""
        return f"User response: {await ask('person', message, Person)}"

    @tool(asks=True)
    async def streaming_elicitation(self) -> str:
        """Ask the person for their name."""
        return f"Hello, {(await ask('user_name', 'What is your name?', Name)).name}!"

    @tool(asks=True)
    async def elicitation_sep1034_defaults(self) -> str:
        """Ask with a default for every field."""
        return f"Elicitation completed: {await ask('defaults', 'Is this right?', Defaults)}"

    @tool(asks=True)
    async def elicitation_sep1330_enums(self) -> str:
        """Ask with every kind of choice."""
        return f"Elicitation completed: {await ask('choices', 'What do you choose?', Enumerations)}"

    @tool(asks=True)
    async def input_required_result_elicitation(self) -> str:
        """Ask for a name."""
        return f"Hello, {(await ask('user_name', 'What is your name?', Name)).name}!"

    @tool(asks=True)
    async def input_required_result_sampling(self) -> str:
        """Ask the client's model."""
        return await sample("capital_question", "What is the capital of France?", max_tokens=100)

    @tool(asks=True)
    async def input_required_result_list_roots(self) -> str:
        """Ask for the client's folders."""
        return ", ".join(root.uri for root in await client_roots("client_roots")) or "no folders"

    @tool(asks=True)
    async def input_required_result_request_state(self) -> str:
        """Ask for consent."""
        return f"state-ok: {(await ask('confirm', 'Please confirm', Consent)).ok}"

    @tool(asks=True)
    async def input_required_result_tampered_state(self) -> str:
        """Ask for consent."""
        return f"state-ok: {(await ask('confirm', 'Please confirm', Consent)).ok}"

    @tool(asks=True)
    async def input_required_result_multiple_inputs(self) -> str:
        """Ask the person, the model and the client at once."""
        name, greeting, roots = await together(
            ask("user_name", "What is your name?", Name),
            sample("greeting", "Generate a greeting", max_tokens=50),
            client_roots("client_roots"),
        )
        return f"{greeting} {name.name}, {len(roots)} folders"

    @tool(asks=True)
    async def input_required_result_multi_round(self) -> str:
        """Ask twice, one after the other."""
        name = await ask("step1", "Step 1: What is your name?", Name)
        colour = await ask("step2", "Step 2: What is your favorite color?", Colour)
        return f"{name.name} likes {colour.color}"

    @tool(asks=True)
    async def input_required_result_capabilities(self) -> str:
        """Ask the person, or the model where nobody can be asked."""
        try:
            return (await ask("user_name", "What is your name?", Name)).name
        except CannotAsk:
            return await sample("any_name", "Make up a name", max_tokens=10)

    @tool()
    async def custom_header(
        self,
        region: Annotated[str, Field(description="Where", json_schema_extra={"x-mcp-header": "Region"})] = "",
    ) -> str:
        """Take an argument that proxies can read in a header."""
        return f"in {region or 'no region'}"

    @tool(writes=True)
    def trigger_tool_change(self) -> str:
        """Have the hub read a hub.toml with other tools."""
        return self._edit_hub_toml()

    @tool(writes=True)
    def trigger_prompt_change(self) -> str:
        """Have the hub read a hub.toml with other prompts."""
        return self._edit_hub_toml()

    @tool(writes=True)
    async def touch(self) -> str:
        """Say that the watched resource changed."""
        resource_changed("test://watched-resource")
        return "touched"

    @resource("test://static-text")
    async def static_text(self) -> str:
        """Text that never changes."""
        return "This is the content of the static text resource."

    @resource("test://static-binary", mime_type="image/png")
    async def static_binary(self) -> bytes:
        """One red pixel."""
        return PNG

    @resource("test://watched-resource")
    async def watched_resource(self) -> str:
        """Can be watched."""
        return "Watched resource content."

    @resource("test://template/{id}/data", mime_type="application/json", name="template")
    async def template(self, id: str) -> str:  # noqa: A002  the suite's name
        """Data of one thing."""
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})

    @prompt()
    async def simple_prompt(self) -> str:
        """Say something simple."""
        return "This is a simple prompt for testing."

    async def words(self, prefix: str) -> list[str]:
        """What the first argument may be."""
        return [word for word in ("paris", "park", "party") if word.startswith(prefix)]

    @prompt(complete={"arg1": words})
    async def prompt_with_arguments(
        self, arg1: Annotated[str, "First test argument"], arg2: Annotated[str, "Second test argument"]
    ) -> str:
        """Repeat two arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @prompt()
    async def prompt_with_embedded_resource(
        self,
        resourceUri: Annotated[str, "URI of the resource to embed"],  # noqa: N803  the suite's name
    ) -> Result:
        """Show a resource and ask for work on it."""
        held = Embedded(uri=resourceUri, text="Embedded resource content for testing.")
        return Result((held, Text("Please process the embedded resource above.")))

    @prompt()
    async def prompt_with_image(self) -> Result:
        """Show a picture and ask for work on it."""
        return Result((RED, Text("Please analyze the image above.")))

    @prompt(asks=True)
    async def input_required_result_prompt(self) -> str:
        """Ask what it is to be about."""
        return f"Write about {(await ask('user_context', 'What context should the prompt use?', Topic)).context}."

    def _edit_hub_toml(self) -> str:
        path = Path(self.settings.hub_toml)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(MORE, "") if MORE in text else text + MORE, encoding="utf-8")
        os.kill(os.getpid(), signal.SIGHUP)
        return "hub.toml was edited"


@hookimpl
def hub_connector() -> type[Conformance]:
    """Give the connector to the hub."""
    return Conformance
