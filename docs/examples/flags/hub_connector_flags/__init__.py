"""Feature flags for the integration hub: an agent sees what is switched on, and switches it."""

from typing import Annotated, Any

from hub.plugin import ApiToken, Connector, ConnectorSettings, Id, Sandbox, Secret, Table, hookimpl, resource, tool

KEY = r"[a-z][a-z0-9-]{0,63}"
FlagKey = Annotated[str, Id(KEY), "Key of a flag, from list_flags"]


class FlagsSettings(ConnectorSettings):
    """The [connectors.flags] table in hub.toml."""

    url: str
    """Base address of the API."""
    api_token: Secret
    """Token that may read flags, and switch them where the table says `read_only = false`."""


class Flags(Connector[FlagsSettings]):
    """A service of feature flags."""

    title = "Feature Flags"

    def credential(self) -> ApiToken:
        return ApiToken(token=self.settings.api_token)

    async def verify_access(self) -> str:
        return f"project {(await self.http.get_json('/project'))['name']}"

    @tool(scopes=["flags:read"])
    async def list_flags(self, search: Annotated[str, "Part of the key; all if empty"] = "") -> Table:
        """List flags: whether each is on, for what share of users, who changed it last."""
        flags = await self.http.get_json("/flags", params={"search": search})
        return Table.of(flags, ["key", "on", "percent", "changed_by", "changed"])

    @tool(writes=True, idempotent=True, scopes=["flags:write"])
    async def switch_flag(self, key: FlagKey, on: Annotated[bool, "On or off"]) -> str:
        """Switch a flag for all users it is rolled out to."""
        flag = (await self.http.request("PUT", "/flags/{key}", path_params={"key": key}, json={"on": on})).json()
        return f"{key} is {'on' if flag['on'] else 'off'} for {flag['percent']} % of users"

    @resource("flags://flag/{key}", grammar={"key": KEY})
    async def flag(self, key: str) -> dict[str, Any]:
        """One flag with its rules."""
        return await self.http.get_json("/flags/{key}", path_params={"key": key})

    @classmethod
    def sandbox(cls) -> Sandbox:
        from hub_connector_flags.sandbox import create_sandbox

        return create_sandbox()


@hookimpl
def hub_connector() -> type[Flags]:
    """The hub asks for the connector's class."""
    return Flags
