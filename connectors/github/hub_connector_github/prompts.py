"""Prompts: what to do, in which order, with the tools of this connector."""


def ci_failure(namespace: str, repository: str, target: str) -> str:
    """Find out why something is red."""
    return f"""\
Find out why `{target}` is red in {repository}, and what would make it green.

1. `{namespace}_explain_failure` with target `{target}`: the failed jobs and steps, their error lines, \
annotations, and \
the commits since the last green run. If nothing failed, say so, with the newest run of each workflow, and stop.
2. If the error lines do not name the cause: `{namespace}_get_logs` of the failed job, with `grep` for the first \
error's \
words and `context` 5; then the failed step's end. An early error counts for more than the last one.
3. Other failed jobs: the same cause, or another? `{namespace}_get_logs` with `grep` over all of them tells.
4. `{namespace}_run_stats` of this workflow over 14 days: whether the job is known to be flaky.
5. `{namespace}_compare` from the last green commit to the red one: which commit touches what the error names.

Then write, briefly and in this order:
- **Cause**, in one sentence, with the error line and its line number as evidence.
- **Kind**: the change itself, a flaky test, the environment (runner, network, credentials), or the workflow.
- **Commit** that likely did it, with author, or why none did.
- **Fix**: the smallest one. If it is flaky or the environment, say whether a rerun of the failed jobs is worth it.

Change and start nothing. Say what you could not see.
"""


def flaky_hunt(namespace: str, repository: str, window: str) -> str:
    """Find jobs that fail without a reason in the code."""
    return f"""\
Find the flaky jobs of {repository} in the last {window}.

1. `{namespace}_run_stats` with since `{window}`: success rates, flaky jobs, commits whose runs ended both ways.
2. For each workflow with failures, `{namespace}_list_runs` with status `failure` and since `{window}`: which \
failed on the \
default branch, where the code had passed before.
3. For the three jobs that flake most, `{namespace}_get_logs` with run, `attempt` 1 and the job's name: the \
error of \
the attempt that failed. Look at two runs of each: is it the same test, the same place?

Then write a table, worst first: job, step, times it failed and passed unchanged, the test or command, the error \
in a \
few words, what it smells of (timing, order, network, shared state, resources), the next thing to try. Under it: \
jobs \
that fail for good reasons and do not belong here, and how many runs you looked at.

Rerun nothing.
"""


def deploy_check(namespace: str, repository: str, environment: str) -> str:
    """Judge the last deployment to an environment."""
    return f"""\
Check the last deployment of {repository} to `{environment}`, as far as GitHub knows it.

1. `{namespace}_list_deployments` with environment `{environment}`: the last two that succeeded, whatever failed \
since, and \
what waits for approval.
2. `{namespace}_compare` from the earlier one's sha to the later one's: the commits and files that went out.
3. `{namespace}_get_run` of the deployment's run: who started it, jobs that failed or were skipped, how long it \
took.
4. `{namespace}_list_runs` with sha of the deployed commit: whether its tests were green, and which did not run.
5. If the run is red: `{namespace}_explain_failure` with it.

Then write:
- **Deployed**: sha, when (UTC), by whom, through which run, and what it replaced.
- **What changed**: the commits in a line each; the risky ones (migrations, configuration, dependencies) first.
- **Doubts**: red or missing checks, skipped jobs, a state that never became success.
- **Way back**: the sha to deploy again.

Approve, start and cancel nothing.
"""
