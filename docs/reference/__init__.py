"""Writes ``docs/streams.md`` and the table in ``docs/privacy.md``, from schemas and mapping.

Run ``python -m docs.reference``. A test compares the committed page with its output.
"""
