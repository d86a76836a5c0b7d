"""Maps Phenom's payloads to unified records (specification, section 3), one module per model.

Every function is pure: no network, no clock, no state. A record is a dict of the model's own
columns. The sync adds ``changed_at`` and ``remote_deleted_at``.

``mismatches`` collects the names of columns whose payload value had an unexpected type. Such a
value never ends a sync: the column becomes null, or text if the column is text.
"""
