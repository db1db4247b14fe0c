"""A simulated Prometheus with its Alertmanager: a world of series, a PromQL evaluator and the two HTTP APIs."""
