"""The Airbyte protocol on standard output, spoken without importing ``airbyte_cdk``.

Importing the CDK costs more than reading tens of thousands of records, so the entry points of
source and destination speak the protocol themselves; ``source_phenom.source.SourcePhenom`` is
the same connector for clients that run it inside the CDK, and tests hold the two together.
"""
