"""The benchmark's connector: one tool that makes a GET, and 199 more to fill the list."""

from typing import Annotated, Any

from hub.plugin import Connector, ConnectorSettings, hookimpl, tool


class BenchSettings(ConnectorSettings):
    """The `[connectors.bench]` table."""

    url: str


class Bench(Connector[BenchSettings]):
    """The connector."""

    @tool()
    async def fetch(
        self,
        query: Annotated[str, "What to look for"],
        limit: Annotated[int, "How many rows at most"] = 20,
    ) -> str:
        """Fetch 2 KB from the service and give it as it is."""
        return (await self.http.get("/rows", params={"query": query, "limit": limit})).text


def _filler(number: int) -> Any:
    @tool(name=f"filler_{number}")
    async def filler(
        self: Bench,
        query: Annotated[str, "What to look for"],
        limit: Annotated[int, "How many rows at most"] = 20,
    ) -> str:
        """Fetch 2 KB from the service and give it as it is."""
        return await self.fetch(query, limit)

    return filler


for _number in range(199):
    setattr(Bench, f"filler_{_number}", _filler(_number))


@hookimpl
def hub_connector() -> type[Bench]:
    """Offer the connector."""
    return Bench
