"""A Dagster asset for each stream of a Phenom tenant.

    pip install dagster dagster-webserver 'phenom-airbyte[sandbox,warehouse]'
    dagster dev -f dagster_assets.py

PHENOM_CONFIG names the configuration; without it, a local tenant with made-up data is loaded.
PHENOM_WAREHOUSE is what `phenom sync --warehouse` takes.
"""

# ruff: noqa: I002 - Dagster reads the annotation of `context`, which must not be text.
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster

STREAMS = (
    "users",
    "jobs",
    "candidates",
    "applications",
    "roles",
    "job_user_role_assignments",
    "job_hiring_team_members",
)
COUNTS = ("new", "changed", "deleted", "total")
PHENOM = Path(sys.executable).with_name("phenom")


# One run for all selected streams: streams of the same listing share its requests.
@dagster.multi_asset(
    specs=[dagster.AssetSpec(stream, group_name="phenom", skippable=True) for stream in STREAMS],
    can_subset=True,
)
def phenom(context: dagster.AssetExecutionContext) -> Iterator[dagster.MaterializeResult]:
    selected = [key.path[-1] for key in context.selected_asset_keys]
    command = [str(PHENOM), "sync", "--streams", ",".join(sorted(selected))]
    command += ["--warehouse", os.environ.get("PHENOM_WAREHOUSE", "phenom.duckdb")]
    if config := os.environ.get("PHENOM_CONFIG"):
        command += ["--config", config]
    # What the sync says on standard error goes into the logs of the run.
    done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8")
    for line in done.stdout.splitlines():
        stream, *counts = line.split()
        # The row of a stream that failed has a word more.
        if stream in selected and len(counts) == len(COUNTS):
            numbers = (int(count.replace(",", "")) for count in counts)
            yield dagster.MaterializeResult(
                asset_key=stream, metadata=dict(zip(COUNTS, numbers, strict=True))
            )
    if done.returncode != 0:
        raise dagster.Failure(f"phenom sync ended with exit code {done.returncode}")


definitions = dagster.Definitions(
    assets=[phenom],
    jobs=[dagster.define_asset_job("phenom_sync", selection="group:phenom")],
    schedules=[
        dagster.ScheduleDefinition(job_name="phenom_sync", cron_schedule="0 * * * *"),
    ],
)
