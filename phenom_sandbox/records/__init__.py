"""What a tenant's records look like: pure functions of the seed and a record's number."""
