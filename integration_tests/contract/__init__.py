"""Section 3 of the contract, read a second time and independently, as tests."""
