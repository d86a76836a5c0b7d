"""The gateway's operations, one module per API; none of them knows about sockets."""
