"""Airbyte source for Phenom: seven unified recruiting models, read incrementally."""
