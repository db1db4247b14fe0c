from hub_connector_prometheus.connector import Prometheus

from hub.plugin import Secret
from hub.testing import ConnectorContract


class TestContract(ConnectorContract):
    connector = Prometheus
    settings = {"bearer_token": Secret("planted-bearer-token")}
    calls = {"silence": {"action": "create", "matchers": "alertname=CheckoutLatencyHigh", "comment": "known"}}
