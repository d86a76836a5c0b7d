"""The wire: token, gateway, paging, pressure."""
