"""Tests of section 3 of the contract, written independently of the connector."""
