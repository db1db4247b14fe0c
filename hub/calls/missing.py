"""Why a name leads nowhere although hub.toml wants it: its connector did not load, or did not get it offered."""

from hub.calls.types import Call
from hub.discovery.state import BROKEN
from hub.generation import Generation


def why_missing(generation: Generation, call: Call) -> str:
    """One sentence for a principal that may know of the name; empty if there is nothing to tell.

    Args:
        generation: The hub as it is.
        call: Asks for a name that nothing has.
    """
    if call.kind == "resource":
        namespace = call.name.partition("://")[0].replace("-", "_")
        name = f"{namespace}_"
        visible = not generation.policy.restricts(call.principal)
    else:
        name = call.name
        visible = generation.policy.decide(call.principal, name).visible
    if not visible:
        return ""
    for state in generation.connectors.states:
        for refusal in state.refusals:
            if refusal.startswith(f"{name}: "):
                return f"{state.namespace} does not offer it: {refusal.removeprefix(f'{name}: ')}"
    meant = [s for s in generation.connectors.states if s.state in BROKEN and name.startswith(f"{s.namespace}_")]
    if not meant:
        return ""
    state = max(meant, key=lambda one: len(one.namespace))
    return f"{state.namespace} is not loaded: {state.reason}"
