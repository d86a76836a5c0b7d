"""Token, requests, retries, concurrency and paging."""
