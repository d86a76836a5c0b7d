"""The half of ``phenom sync`` that works in a process of its own (``warehouse_worker.py``).

Into a DuckDB file it runs in the connector's environment. Into PostgreSQL it runs in PyAirbyte's,
where of this project nothing is installed: the modules for it, and those that both share, import
the standard library, ``airbyte`` and what comes with it, and each other.
"""
