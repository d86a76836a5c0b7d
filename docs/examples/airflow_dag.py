"""An Airflow DAG that loads a Phenom tenant every hour.

    pip install apache-airflow apache-airflow-providers-standard

If Airflow's constraint files do not agree with `phenom`, install `phenom` into an environment of
its own, and set PHENOM_COMMAND to its path. PHENOM_CONFIG names the configuration; without it, a
local tenant with made-up data is loaded. PHENOM_WAREHOUSE is what `phenom sync --warehouse` takes.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "phenom",
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    # Two syncs into the same warehouse would wait for each other.
    max_active_runs=1,
) as dag:
    BashOperator(
        task_id="sync",
        bash_command=(
            '"${PHENOM_COMMAND:-phenom}" sync --warehouse "${PHENOM_WAREHOUSE:-phenom.duckdb}"'
            ' ${PHENOM_CONFIG:+--config "$PHENOM_CONFIG"}'
        ),
        append_env=True,
        retries=2,
        retry_delay=timedelta(minutes=15),
    )
