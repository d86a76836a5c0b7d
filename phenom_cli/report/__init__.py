"""``phenom report``: builds the marts of ``analytics/`` in a warehouse, writes a page about them.

``run`` makes one report. ``environment`` finds dbt, ``readiness`` asks the warehouse,
``marts`` builds, ``figures`` queries, ``charts`` describes the pictures, ``pictures`` draws them,
``page`` writes the HTML.
"""
