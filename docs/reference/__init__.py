"""``docs/streams.md``, made from the JSON schemas and the mapping.

``python -m docs.reference`` writes it; a test holds the committed file against it.
"""
