"""The loader behind ``phenom sync``: from the connector's lines to the tables of a warehouse.

``run`` carries out one sync. ``connector`` starts the source, ``load`` takes its lines, ``tables``
has the steps that all warehouses share, and a dialect has what differs between DuckDB and
PostgreSQL.
"""
