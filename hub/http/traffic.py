"""What is known of the traffic with a service: pause, budget and outage, kept while clients come and go."""

import threading
from weakref import WeakValueDictionary

from hub.connector.service import Service
from hub.http.breaker import Breaker
from hub.http.budget import Gate


class Traffic:
    """The gate and the breaker of one service.

    Args:
        service: What they are for.

    Raises:
        ConfigError: The rate limit is none.
    """

    def __init__(self, service: Service) -> None:
        label = service.label or "The service"
        self.gate = Gate(label, service.rate_limit)
        self.breaker = Breaker(label, service.setting)


class TrafficRegistry:
    """The traffic of every service in use, so that a reload's new clients go on where the old ones are.

    An entry lives as long as a client that uses it; a reload opens the new clients before it closes the old ones.
    May be asked from any thread.
    """

    def __init__(self) -> None:
        self._known = WeakValueDictionary[tuple[str | None, ...], Traffic]()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, namespace: str, service: Service) -> Traffic:
        """The traffic of a connector's service: the same for the same address, label and rate limit.

        Raises:
            ConfigError: The rate limit is none.
        """
        key = (namespace, service.base_url, service.rate_limit, service.label, service.setting)
        with self._lock:
            if (known := self._known.get(key)) is None:
                known = self._known[key] = Traffic(service)
            return known
