"""The dbt project `analytics/` and ``phenom report``, on DuckDB and on PostgreSQL."""
