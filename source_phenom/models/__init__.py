"""Phenom payload in, unified record out (contract section 3): one module per unified model.

Every function here is pure: no network, no clock, no state. A record is a dict of the model's own
columns; ``changed_at`` and ``remote_deleted_at`` belong to the sync and are added by it.

``mismatches`` collects the names of columns whose payload value had an unexpected type. Such a
value never aborts a sync: the column becomes null, or text where the column is text.
"""
