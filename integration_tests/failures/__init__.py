"""The failures of the specification, section 5, over real sockets."""
