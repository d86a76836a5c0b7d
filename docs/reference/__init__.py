"""Writes ``docs/streams.md`` from the JSON schemas and the mapping.

Run ``python -m docs.reference``. A test compares the committed page with its output.
"""
