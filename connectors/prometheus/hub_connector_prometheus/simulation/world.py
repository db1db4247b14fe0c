"""The simulated world: a small shop on two nodes, in which checkout 1.43.0 is deployed at 14:05 and fails."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hub.sandbox.story import Story
from hub_connector_prometheus.simulation.labels import NAME, labels_of
from hub_connector_prometheus.simulation.series import SCRAPE_INTERVAL_MS, Series
from hub_connector_prometheus.simulation.traffic import (
    Curve,
    Flow,
    Lifetimes,
    counter,
    from_moment,
    gauge,
    lognormal_share,
    noise,
    sum_of,
)

RETENTION_DAYS = 15
ROLLOUT_SECONDS = 40
"""Between the restarts of two instances of checkout during a deploy."""

_BUCKETS = ("0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf")
_MIB = 1024.0 * 1024
_GIB = 1024 * _MIB
_BEGIN = -RETENTION_DAYS * 86_400.0
_PAYMENT_RESTART = -52 * 60.0
_FAST_SPREAD = 0.75
_SLOW_MEDIAN, _SLOW_SPREAD = 1.6, 0.45


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How a version of a service answers.

    Attributes:
        codes: Share of all requests for each method and status code.
        median: Median duration of an ordinary request, in seconds.
        slow: Share of requests that take far longer.
    """

    codes: dict[tuple[str, str], float]
    median: float
    slow: float = 0.002


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that is scraped.

    Attributes:
        address: Its `instance` label.
        path: Where its metrics are.
    """

    job: str
    address: str
    path: str = "/metrics"

    @property
    def offset_ms(self) -> int:
        """When within the scrape interval it is scraped; never on a whole second."""
        return int(noise(self.job, self.address) * SCRAPE_INTERVAL_MS) // 1000 * 1000 + 137

    @property
    def labels(self) -> dict[str, str]:
        """What every series scraped from it carries."""
        return {"job": self.job, "instance": self.address}


_HEALTHY = Behaviour(
    codes={
        ("GET", "200"): 0.2965,
        ("GET", "404"): 0.003,
        ("GET", "500"): 0.0005,
        ("POST", "200"): 0.6895,
        ("POST", "400"): 0.009,
        ("POST", "500"): 0.0015,
    },
    median=0.07,
)
_FAULTY = Behaviour(
    codes={
        ("GET", "200"): 0.2965,
        ("GET", "404"): 0.003,
        ("GET", "500"): 0.0005,
        ("POST", "200"): 0.6215,
        ("POST", "400"): 0.009,
        ("POST", "500"): 0.0695,
    },
    median=0.08,
    slow=0.06,
)
_FRONTEND = Behaviour(
    codes={("GET", "200"): 0.8, ("GET", "404"): 0.004, ("POST", "200"): 0.1955, ("POST", "502"): 0.0005},
    median=0.11,
)
_CART = Behaviour(
    codes={("GET", "200"): 0.68, ("GET", "500"): 0.0004, ("PUT", "200"): 0.3194, ("PUT", "500"): 0.0002},
    median=0.02,
)
_PAYMENT = Behaviour(
    codes={("POST", "200"): 0.985, ("POST", "402"): 0.0145, ("POST", "503"): 0.0005}, median=0.16, slow=0.004
)
_FRONTEND_FAILURES = 0.021
"""Share of the frontend's requests that fail because checkout does."""

_SERVICES = {
    "frontend": (2, 60.0, "3.9.2", _FRONTEND),
    "cart": (2, 30.0, "2.8.1", _CART),
    "payment": (2, 15.0, "5.2.0", _PAYMENT),
}
"""Number of instances, requests per second of each, version and behaviour of the services that do not change."""
_CHECKOUT_INSTANCES, _CHECKOUT_RATE = 3, 12.0
_NODES = ("node-1", "node-2")
_DEPLOYER = Target(job="deployer", address="deployer:9091")


def app_targets() -> list[tuple[Target, float]]:
    """Every instance of every service with its mean requests per second."""
    found = [
        (Target(job="checkout", address=f"checkout-{n}:8080"), _CHECKOUT_RATE) for n in range(_CHECKOUT_INSTANCES)
    ]
    for job, (count, rate, _, _) in _SERVICES.items():
        found += [(Target(job=job, address=f"{job}-{n}:8080"), rate) for n in range(count)]
    return found


def node_targets() -> list[tuple[Target, Target]]:
    """Node exporter and kubelet of every node."""
    return [
        (
            Target(job="node", address=f"{node}:9100"),
            Target(job="kubelet", address=f"{node}:10250", path="/metrics/cadvisor"),
        )
        for node in _NODES
    ]


def targets() -> list[Target]:
    """Everything that is scraped."""
    nodes = [target for pair in node_targets() for target in pair]
    return [*(target for target, _ in app_targets()), *nodes, _DEPLOYER]


class World:
    """Builds all series of the story."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._origin_ms = round(story.deploy_at.timestamp() * 1000)
        self._offset_ms = 0

    def series(self) -> Iterator[Series]:
        """Every series that exists at any time within the retention."""
        for index, (target, rate) in enumerate(app_targets()):
            self._offset_ms = target.offset_ms
            yield from self._app(target, rate, index)
        for index, (node, kubelet) in enumerate(node_targets()):
            self._offset_ms = node.offset_ms
            yield from self._node(node)
            self._offset_ms = kubelet.offset_ms
            yield from self._containers(kubelet, index)
        self._offset_ms = _DEPLOYER.offset_ms
        yield from self._deploys()
        for target in targets():
            self._offset_ms = target.offset_ms
            yield self._one("up", target.labels, lambda _: 1.0)
            took = gauge(0.012, 0.006, name=f"scrape {target.address}", period=120)
            yield self._one("scrape_duration_seconds", target.labels, lambda t, took=took: round(took(t), 6))

    def _one(
        self, name: str, labels: dict[str, str], curve: Curve, begin: float = _BEGIN, end: float = math.inf
    ) -> Series:
        return Series.scraped(
            labels_of({NAME: name, **labels}.items()),
            curve,
            offset_ms=self._offset_ms,
            origin_ms=self._origin_ms,
            begin_ms=self._origin_ms + round(max(begin, _BEGIN) * 1000),
            end_ms=None if math.isinf(end) else self._origin_ms + round(end * 1000),
        )

    def _seconds(self, moment: datetime) -> float:
        return (moment - self._story.deploy_at).total_seconds()

    def _app(self, target: Target, rate: float, index: int) -> Iterator[Series]:
        labels = {**target.labels, "namespace": self._story.namespace}
        flow = Flow(target.address, rate * (0.94 + 0.12 * noise(target.address, "rate")))
        lives, periods = self._history(target.job, index)
        for version, commit, behaviour, begin, end in periods:
            span = lives.between(begin, end)
            versioned = {**labels, "version": version}
            yield from self._requests(versioned, flow, span, behaviour, begin, end)
            yield from self._durations(versioned, flow, span, behaviour, begin, end)
            build = {**versioned, "revision": commit[:12]}
            yield self._one("app_build_info", build, lambda _: 1.0, begin, end)
            if target.job == self._story.service:
                failing = sum(share for (_, code), share in behaviour.codes.items() if code == "500")
                placed, failed = (
                    counter(flow, span, 0.62, name="placed"),
                    counter(flow, span, failing, name="failed"),
                )
                yield self._one("checkout_orders_total", {**versioned, "result": "placed"}, placed, begin, end)
                yield self._one("checkout_orders_total", {**versioned, "result": "failed"}, failed, begin, end)
                if behaviour is _FAULTY:
                    raised = {**versioned, "exception": self._story.exception}
                    errors = counter(flow, span, 0.0695, name="failed")
                    yield self._one("checkout_exceptions_total", raised, errors, begin, end)
        yield from self._process(labels, flow, lives)

    def _history(self, job: str, index: int) -> tuple[Lifetimes, list[tuple[str, str, Behaviour, float, float]]]:
        """When the processes started, and which version ran from when to when."""
        if job != self._story.service:
            _, _, version, behaviour = _SERVICES[job]
            starts = [_BEGIN - 3 * 86_400 - index * 600]
            if job == "payment" and index == len(app_targets()) - 1:
                starts.append(_PAYMENT_RESTART)
            commit = f"{int(noise(job, version) * 16**12):012x}"
            return Lifetimes(starts), [(version, commit, behaviour, starts[0], math.inf)]
        releases = self._story.releases
        begins = [self._seconds(release.deployed_at) + index * ROLLOUT_SECONDS for release in releases]
        periods = [
            (release.version, release.commit, _FAULTY if release is releases[-1] else _HEALTHY, begin, end)
            for release, begin, end in zip(releases, begins, [*begins[1:], math.inf], strict=True)
        ]
        return Lifetimes(begins), [period for period in periods if period[-1] > _BEGIN]

    def _requests(
        self, labels: dict[str, str], flow: Flow, lives: Lifetimes, behaviour: Behaviour, begin: float, end: float
    ) -> Iterator[Series]:
        for (method, code), share in behaviour.codes.items():
            curve = counter(flow, lives, share, name=f"{method} {code} {labels['instance']}")
            if labels["job"] == "frontend" and code == "502":
                curve = sum_of(curve, from_moment(flow, _FRONTEND_FAILURES, 0))
            yield self._one("http_requests_total", {**labels, "method": method, "code": code}, curve, begin, end)

    def _durations(
        self, labels: dict[str, str], flow: Flow, lives: Lifetimes, behaviour: Behaviour, begin: float, end: float
    ) -> Iterator[Series]:
        name, slow, median = "http_request_duration_seconds", behaviour.slow, behaviour.median
        slow_flow = Flow(f"{labels['instance']} slow", flow.mean)

        def below(bound: float) -> Curve:
            fast_share = lognormal_share(median, _FAST_SPREAD, bound)
            slow_share = lognormal_share(_SLOW_MEDIAN, _SLOW_SPREAD, bound)
            all_at, slow_at, start_before = flow.at, slow_flow.at, lives.start_before

            def curve(seconds: float) -> float:
                start = start_before(seconds)
                slow_ones = slow * (slow_at(seconds) - slow_at(start))
                return float(
                    int(fast_share * (all_at(seconds) - all_at(start) - slow_ones) + slow_share * slow_ones)
                )

            return curve

        for bucket in _BUCKETS:
            yield self._one(f"{name}_bucket", {**labels, "le": bucket}, below(float(bucket)), begin, end)
        mean = (1 - slow) * median * math.exp(_FAST_SPREAD**2 / 2) + slow * _SLOW_MEDIAN * math.exp(
            _SLOW_SPREAD**2 / 2
        )
        total = counter(flow, lives, mean, name=f"seconds {labels['instance']}", whole=False)
        yield self._one(f"{name}_sum", labels, total, begin, end)
        yield self._one(f"{name}_count", labels, below(math.inf), begin, end)

    def _process(self, labels: dict[str, str], flow: Flow, lives: Lifetimes) -> Iterator[Series]:
        address = labels["instance"]
        drift = gauge(0, 5 * _MIB, name=f"memory {address}")
        files = gauge(46, 9, name=f"files {address}")

        def memory(seconds: float) -> float:
            warm = 1 - math.exp(-(seconds - lives.start_before(seconds)) / 2400)
            return float(round(150 * _MIB + 60 * _MIB * warm + drift(seconds)))

        begun = self._origin_ms / 1000
        yield self._one("process_cpu_seconds_total", labels, counter(flow, lives, 0.009, name=address, whole=False))
        yield self._one("process_resident_memory_bytes", labels, memory)
        yield self._one("process_start_time_seconds", labels, lambda t: begun + lives.start_before(t))
        yield self._one("process_open_fds", labels, lambda t: float(round(files(t))))

    def _containers(self, kubelet: Target, node_index: int) -> Iterator[Series]:
        for index, (target, rate) in enumerate(app_targets()):
            if index % len(_NODES) != node_index:
                continue
            pod = target.address.split(":")[0]
            labels = {**kubelet.labels, "namespace": self._story.namespace, "pod": pod, "container": target.job}
            lives, _ = self._history(target.job, index)
            flow = Flow(target.address, rate)
            memory = gauge(236 * _MIB, 14 * _MIB, name=f"container {pod}")
            cpu = counter(flow, lives, 0.0094, name=f"container {pod}", whole=False)
            yield self._one("container_cpu_usage_seconds_total", labels, cpu)
            yield self._one(
                "container_memory_working_set_bytes", labels, lambda t, memory=memory: float(round(memory(t)))
            )
            yield self._one("container_spec_memory_limit_bytes", labels, lambda _: 512 * _MIB)

    def _node(self, node: Target) -> Iterator[Series]:
        labels, name = node.labels, node.address
        always = Lifetimes([_BEGIN - 30 * 86_400])
        for cpu in ("0", "1"):
            busy = Flow(f"{name} cpu {cpu}", 1.0)
            for mode, share in (("idle", 0.71), ("system", 0.07), ("user", 0.2), ("iowait", 0.02)):
                curve = counter(busy, always, share, name=f"{name} {cpu} {mode}", whole=False)
                yield self._one("node_cpu_seconds_total", {**labels, "cpu": cpu, "mode": mode}, curve)
        available = gauge(6.1 * _GIB, 0.5 * _GIB, name=f"{name} memory")
        load = gauge(0.9, 0.4, name=f"{name} load", period=420)
        disk = {**labels, "device": "/dev/vda1", "fstype": "ext4", "mountpoint": "/"}
        yield self._one("node_memory_MemTotal_bytes", labels, lambda _: 16 * _GIB)
        yield self._one("node_memory_MemAvailable_bytes", labels, lambda t: float(round(available(t))))
        yield self._one("node_load1", labels, lambda t: round(load(t), 2))
        yield self._one("node_filesystem_size_bytes", disk, lambda _: 100 * _GIB)
        yield self._one(
            "node_filesystem_avail_bytes",
            disk,
            lambda t: float(round(38 * _GIB - (t - _BEGIN) * 9000 * noise(name))),
        )

    def _deploys(self) -> Iterator[Series]:
        for release in self._story.releases:
            labels = {**_DEPLOYER.labels, "namespace": self._story.namespace, "service": release.service}
            labels |= {"version": release.version, "revision": release.commit[:12]}
            at = release.deployed_at.timestamp()
            yield self._one(
                "deployment_timestamp_seconds", labels, lambda _, at=at: at, self._seconds(release.deployed_at)
            )


METADATA: dict[str, tuple[str, str]] = {
    "app_build_info": ("gauge", "Version and revision an instance runs; always 1."),
    "checkout_exceptions_total": ("counter", "Unhandled exceptions by type."),
    "checkout_orders_total": ("counter", "Orders by result."),
    "container_cpu_usage_seconds_total": ("counter", "CPU time a container used."),
    "container_memory_working_set_bytes": ("gauge", "Memory a container cannot give back."),
    "container_spec_memory_limit_bytes": ("gauge", "Memory limit of a container."),
    "deployment_timestamp_seconds": ("gauge", "When a version was deployed, in unix seconds."),
    "http_request_duration_seconds": ("histogram", "How long requests took."),
    "http_requests_total": ("counter", "Requests handled, by method and status code."),
    "node_cpu_seconds_total": ("counter", "CPU time by mode."),
    "node_filesystem_avail_bytes": ("gauge", "Space left for ordinary users."),
    "node_filesystem_size_bytes": ("gauge", "Size of a file system."),
    "node_load1": ("gauge", "Load average over one minute."),
    "node_memory_MemAvailable_bytes": ("gauge", "Memory available to new processes."),
    "node_memory_MemTotal_bytes": ("gauge", "All memory."),
    "process_cpu_seconds_total": ("counter", "CPU time the process used."),
    "process_open_fds": ("gauge", "Open file descriptors."),
    "process_resident_memory_bytes": ("gauge", "Resident memory of the process."),
    "process_start_time_seconds": ("gauge", "When the process started, in unix seconds."),
}
"""Type and help of every metric that a target exposes."""
