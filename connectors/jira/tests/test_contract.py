from hub_connector_jira.connector import Jira

from hub.testing import ConnectorContract

OTHER = {"issue": "SHOP-1844"}


class TestContract(ConnectorContract):
    connector = Jira
    calls = {
        "search": {"jql": "project = SHOP"},
        "get_issue": {"issue": "SHOP-1842"},
        "find_users": {"query": "maya"},
        "list_sprints": {"project": "SHOP"},
        "read_attachment": {"issue": "SHOP-1842", "attachment": "failed-orders.csv"},
        "create_issue": {"project": "SHOP", "type": "Story", "summary": "Say which region is missing"},
        "update_issue": {**OTHER, "fields": {"Priority": "High"}},
        "transition_issue": {**OTHER, "to": "In Review"},
        "comment": {**OTHER, "text": "Rolled **back**."},
        "link_issue": {**OTHER, "relation": "blocks", "to": "SHOP-1845"},
        "log_work": {**OTHER, "time": "20m"},
    }
