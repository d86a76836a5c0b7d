"""Every failure of the contract's section 5, over real sockets."""
