"""Airbyte source for Phenom: unified recruiting models, read incrementally."""
