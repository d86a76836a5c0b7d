"""Generates a tenant's records from the seed and the record's number, without other state."""
