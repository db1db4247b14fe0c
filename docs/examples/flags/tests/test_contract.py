from hub.testing import ConnectorContract

from hub_connector_flags import Flags


class TestContract(ConnectorContract):
    connector = Flags
