"""Airbyte destination for Phenom: creates candidates and applications, none of them twice."""
