"""Airbyte destination for Phenom: creates candidates and applications, each exactly once."""
