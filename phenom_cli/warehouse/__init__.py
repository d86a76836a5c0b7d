"""The half of ``phenom sync`` that runs in PyAirbyte's environment.

Its modules import the standard library, ``airbyte`` and what comes with it, and each other: nothing
else of this project, because nothing else is installed there. ``phenom_cli/warehouse_worker.py``
starts it.
"""
