"""The gateway's operations, one module per API, without any network code."""
