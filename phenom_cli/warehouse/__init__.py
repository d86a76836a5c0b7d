"""The loader of ``phenom sync``: writes the connector's output into the tables of a warehouse.

``run`` carries out one sync. ``connector`` runs the source, ``load`` takes its lines, ``tables``
does what is the same in all warehouses, and the dialects do what differs between DuckDB and
PostgreSQL.
"""
