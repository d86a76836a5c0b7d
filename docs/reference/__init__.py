"""``docs/streams.md`` and ``docs/streams.svg``, made from the JSON schemas and the mapping.

``python -m docs.reference`` writes both; a test holds the committed files against it.
"""
