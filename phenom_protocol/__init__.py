"""The Airbyte protocol on standard output, without importing ``airbyte_cdk``.

Importing the CDK takes longer than reading tens of thousands of records, so source and destination
implement the protocol here. ``source_phenom.source.SourcePhenom`` is the same connector for clients
that run it inside the CDK; tests check that both print the same.
"""
