"""The files of the simulated workflows, as they are in the repository."""

CI_YAML = """\
name: CI

on:
  push:
    branches: [main]
  pull_request:
    types: [opened, synchronize, reopened, ready_for_review]

concurrency:
  group: ci-${{ github.ref }}
  cancel-in-progress: ${{ github.event_name == 'pull_request' }}

jobs:
  lint:
    if: ${{ !github.event.pull_request.draft }}
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - name: Set up Python
        uses: actions/setup-python@v6
        with: { python-version: "3.12", cache: pip }
      - name: Install dependencies
        run: pip install -e . --group dev
      - name: Ruff
        run: ruff check --output-format=github .
      - name: Pyright
        run: pyright

  unit:
    if: ${{ !github.event.pull_request.draft }}
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        python: ["3.11", "3.12", "3.13"]
    steps:
      - uses: actions/checkout@v5
      - name: Set up Python
        uses: actions/setup-python@v6
        with: { python-version: "${{ matrix.python }}", cache: pip }
      - name: Install dependencies
        run: pip install -e . --group dev
      - name: Run unit tests
        run: pytest tests --ignore tests/integration -v --junit-xml=junit.xml --cov=checkout
      - name: Upload test results
        if: always()
        uses: actions/upload-artifact@v5
        with: { name: "test-results-unit-${{ matrix.python }}", path: "junit.xml\\ncoverage.xml" }

  integration:
    if: ${{ !github.event.pull_request.draft }}
    runs-on: ubuntu-24.04-16core
    steps:
      - uses: actions/checkout@v5
      - name: Set up Python
        uses: actions/setup-python@v6
        with: { python-version: "3.12", cache: pip }
      - name: Install dependencies
        run: pip install -e . --group dev
      - name: Start services
        run: docker compose up --detach --wait
      - name: Run integration tests
        run: pytest tests/integration -v -n 8 --log-cli-level=DEBUG --junit-xml=junit.xml
      - name: Upload test results
        if: always()
        uses: actions/upload-artifact@v5
        with: { name: test-results-integration, path: junit.xml }
      - name: Stop services
        if: always()
        run: docker compose down

  image:
    needs: lint
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - name: Build image
        run: docker build --tag registry.shop.example/checkout:${{ github.sha }} .
      - name: Push image
        run: docker push registry.shop.example/checkout:${{ github.sha }}
"""

DEPLOY_YAML = """\
name: Deploy
run-name: Deploy ${{ inputs.version }} to ${{ inputs.environment }}${{ inputs.dry_run && ' (dry run)' || '' }}

on:
  workflow_dispatch:
    inputs:
      environment:
        description: Where to deploy
        type: choice
        options: [staging, production]
        default: staging
        required: true
      version:
        description: Version to deploy, such as 1.42.0
        type: string
        required: true
      dry_run:
        description: Check everything and change nothing
        type: boolean
        default: false

jobs:
  prepare:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - name: Resolve the version
        run: ./scripts/resolve-version "${{ inputs.version }}"
      - name: Check the image
        run: ./scripts/check-image "${{ inputs.version }}"

  deploy:
    name: deploy (${{ inputs.environment }})
    needs: prepare
    if: ${{ !inputs.dry_run }}
    runs-on: ubuntu-24.04
    environment: ${{ inputs.environment }}
    steps:
      - uses: actions/checkout@v5
      - name: Log in to the cluster
        run: ./scripts/cluster-login "${{ inputs.environment }}"
      - name: Roll out checkout
        run: ./scripts/roll-out checkout "${{ inputs.version }}"
      - name: Tag the release
        run: ./scripts/tag-release "${{ inputs.version }}"

  verify:
    needs: deploy
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - name: Smoke tests
        run: ./scripts/smoke-test "${{ inputs.environment }}"
      - name: Watch the error rate
        run: ./scripts/watch-error-rate --below 1% --for 5m "${{ inputs.environment }}"
"""

NIGHTLY_YAML = """\
name: Nightly load test

on:
  schedule:
    - cron: "0 2 * * *"
  workflow_dispatch:

jobs:
  load-test:
    name: load test
    runs-on: ubuntu-24.04-16core
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v5
      - name: Set up Python
        uses: actions/setup-python@v6
        with: { python-version: "3.12", cache: pip }
      - name: Install dependencies
        run: pip install -e . --group dev
      - name: Start services
        run: docker compose up --detach --wait
      - name: Run load test
        run: ./scripts/load-test --duration 25m --p99-below 600ms

  report:
    needs: load-test
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - name: Publish the report
        run: ./scripts/publish-report
"""

STALE_YAML = """\
name: Close stale issues

on:
  schedule:
    - cron: "30 4 * * 1"

jobs:
  stale:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
      - name: Close
        run: ./scripts/close-stale --days 90
"""
