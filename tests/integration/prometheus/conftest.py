"""Real servers for the integration tests: Prometheus, node exporter, Alertmanager and VictoriaMetrics."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from hub_connector_prometheus.connector import Prometheus
from hub_connector_prometheus.settings import PrometheusSettings

from hub.calls.validate import validate
from hub.catalog.build import build_items
from hub.catalog.items import AnyItem, PromptItem, ResourceItem, ToolItem
from hub.config.models import ConnectorTable
from hub.plugin import ConnectorContext, Service, ServiceClient, Table

READY_WITHIN = 30.0
DEBIAN_PACKAGES = "prometheus prometheus-alertmanager prometheus-node-exporter victoria-metrics"

PROMETHEUS_CONFIG = """\
global:
  scrape_interval: 1s
  evaluation_interval: 1s
  external_labels: {{cluster: test}}
rule_files: [{rules}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["{alertmanager}"]}}]
scrape_configs:
  - job_name: prometheus
    static_configs: [{{targets: ["{itself}"]}}]
  - job_name: node
    static_configs: [{{targets: ["{node}"]}}]
  - job_name: broken
    static_configs: [{{targets: ["{nothing}"]}}]
"""

RULES = """\
groups:
  - name: availability
    rules:
      - alert: TargetGone
        expr: up{job="broken"} == 0
        labels: {severity: critical, team: payments}
        annotations:
          summary: "{{ $labels.job }} is gone"
          runbook_url: https://runbooks.example/target-gone
      - alert: AlwaysPending
        expr: vector(1)
        for: 1d
        labels: {severity: info}
      - record: job:up:sum
        expr: sum by (job) (up)
  - name: faulty / group
    rules:
      - alert: Faulty
        expr: label_replace(up, "not-a-label", "", "", "")
"""

ALERTMANAGER_CONFIG = """\
route: {receiver: nobody, group_wait: 1s, group_interval: 1s}
receivers: [{name: nobody}]
"""

VICTORIA_CONFIG = """\
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ["{node}"]}}]
"""

# admin:test, the example of https://prometheus.io/docs/guides/basic-auth/
WEB_CONFIG = """\
basic_auth_users:
  admin: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay
tls_server_config:
  cert_file: server.pem
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
"""

Opened = Callable[..., AbstractAsyncContextManager[Prometheus]]


@dataclass(frozen=True)
class Stack:
    """Base addresses of the servers that belong together."""

    prometheus: str
    alertmanager: str


@dataclass(frozen=True)
class Guarded:
    """A Prometheus that wants a client certificate and basic authentication."""

    url: str
    ca: Path
    certificate: Path


SAMPLES = "/api/v1/query?query=count_over_time(node_load1%5B1m%5D)"


def four_samples(body: Any) -> bool:
    """Whether there is enough to compute rates from."""
    return any(float(one["value"][1]) >= 4 for one in body["data"]["result"])


def program(name: str) -> str:
    """Path of a server program; without it the test is skipped, but never in CI."""
    if (path := shutil.which(name)) is None:
        reason = f"{name} is not installed; Debian: apt-get install {DEBIAN_PACKAGES}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def free_address() -> str:
    """A loopback address that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


@pytest.fixture(scope="session")
def run_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Callable[..., None]]:
    """Run server programs until the session ends: `run_server(folder, [program, …])`."""
    running: list[subprocess.Popen[bytes]] = []

    def run(folder: Path, command: list[str]) -> None:
        with (folder / "log").open("wb") as log:
            running.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log))

    yield run
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, enough: Callable[[Any], bool], folder: Path) -> None:
    """Ask until the answer is enough; JSON is decoded.

    Raises:
        TimeoutError: It never was; the message ends with the server's log.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=2) as answer:
                body = answer.read()
        except OSError:
            body = b""
        if body and enough(json.loads(body) if body[:1] in b"{[" else body):
            return
        time.sleep(0.05)
    log = (folder / "log").read_text(errors="replace")[-2000:]
    raise TimeoutError(f"{url} was not ready within {READY_WITHIN:g} s\n{log}")


@pytest.fixture(scope="session")
def node_exporter(tmp_path_factory: pytest.TempPathFactory, run_server: Callable[..., None]) -> str:
    """Address of a node exporter."""
    folder, address = tmp_path_factory.mktemp("node"), free_address()
    run_server(folder, [program("prometheus-node-exporter"), f"--web.listen-address={address}"])
    wait_for(f"http://{address}/metrics", bool, folder)
    return address


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, run_server: Callable[..., None], node_exporter: str) -> Stack:
    """Prometheus with an alert that fires, and the Alertmanager it has reached."""
    folder = tmp_path_factory.mktemp("alertmanager")
    manager, itself = free_address(), free_address()
    (folder / "am.yml").write_text(ALERTMANAGER_CONFIG, encoding="utf-8")
    run_server(
        folder,
        [
            program("prometheus-alertmanager"),
            "--config.file=am.yml",
            "--storage.path=data",
            f"--web.listen-address={manager}",
            "--cluster.listen-address=",
        ],
    )
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yml").write_text(RULES, encoding="utf-8")
    config = PROMETHEUS_CONFIG.format(
        rules="rules.yml", alertmanager=manager, itself=itself, node=node_exporter, nothing=free_address()
    )
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    run_server(
        folder,
        [
            program("prometheus"),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            f"--web.listen-address={itself}",
        ],
    )
    wait_for(f"http://{manager}/api/v2/alerts", bool, folder)
    wait_for(f"http://{itself}{SAMPLES}", four_samples, folder)
    return Stack(prometheus=f"http://{itself}", alertmanager=f"http://{manager}")


@pytest.fixture(scope="session")
def victoria(tmp_path_factory: pytest.TempPathFactory, run_server: Callable[..., None], node_exporter: str) -> str:
    """Address of a VictoriaMetrics that scrapes the node exporter."""
    folder, address = tmp_path_factory.mktemp("victoria"), free_address()
    (folder / "vm.yml").write_text(VICTORIA_CONFIG.format(node=node_exporter), encoding="utf-8")
    run_server(
        folder,
        [
            program("victoria-metrics"),
            "-storageDataPath=data",
            f"-httpListenAddr={address}",
            "-promscrape.config=vm.yml",
            "-search.latencyOffset=1ms",
        ],
    )
    wait_for(f"http://{address}{SAMPLES}", four_samples, folder)
    return f"http://{address}"


@pytest.fixture(scope="session")
def guarded_prometheus(tmp_path_factory: pytest.TempPathFactory, run_server: Callable[..., None]) -> Guarded:
    """A Prometheus behind TLS that wants a client certificate and basic authentication (admin:test)."""
    folder, address = tmp_path_factory.mktemp("guarded"), free_address()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = authority.issue_cert("127.0.0.1")
    server.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    server.private_key_pem.write_to_path(str(folder / "server.key"))
    client = authority.issue_cert("hub@shop.example")
    client.private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    (folder / "web.yml").write_text(WEB_CONFIG, encoding="utf-8")
    (folder / "prometheus.yml").write_text("scrape_configs: []\n", encoding="utf-8")
    run_server(
        folder,
        [
            program("prometheus"),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--web.config.file=web.yml",
            f"--web.listen-address={address}",
        ],
    )
    host, _, port = address.partition(":")
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            socket.create_connection((host, int(port)), 2).close()
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    return Guarded(url=f"https://{address}", ca=folder / "ca.pem", certificate=folder / "client.pem")


@pytest.fixture
def opened() -> Opened:
    """Opens a connector over real connections, given its settings."""

    @asynccontextmanager
    async def open_connector(**settings: Any) -> AsyncGenerator[Prometheus]:
        clients: list[ServiceClient] = []

        def open_service(service: Service) -> ServiceClient:
            clients.append(ServiceClient(service))
            return clients[-1]

        context = ConnectorContext(namespace="prometheus", open_service=open_service)
        try:
            yield Prometheus(PrometheusSettings.model_validate(settings), context)
        finally:
            for client in clients:
                await client.aclose()

    return open_connector


@pytest.fixture
def call() -> Callable[..., Any]:
    """Calls a tool of a connector as the hub does, arguments checked, and gives its text."""

    async def call_item(
        connector: Prometheus, name: str, kind: type[AnyItem] = ToolItem, /, **arguments: Any
    ) -> str:
        built = build_items(connector, ConnectorTable(read_only=False))
        assert built.refusals == ()
        item = next(one for one in built.items if isinstance(one, kind) and one.declaration.name == name)
        value = await item.function(**validate(item, arguments))
        return value.render() if isinstance(value, Table) else str(value)

    return call_item


@pytest.fixture
def read(call: Callable[..., Any]) -> Callable[..., Any]:
    """Read a resource by its name and variables."""

    async def read_item(connector: Prometheus, name: str, /, **variables: str) -> str:
        return await call(connector, name, ResourceItem, **variables)

    return read_item


@pytest.fixture
def ask(call: Callable[..., Any]) -> Callable[..., Any]:
    """Get a prompt by its name and arguments."""

    async def get_prompt(connector: Prometheus, name: str, /, **arguments: str) -> str:
        return await call(connector, name, PromptItem, **arguments)

    return get_prompt
