{{ phenom.stream('roles', {
    'id': 'string',
    'remote_id': 'string',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'remote_label': 'string',
    'scope': 'string',
    'unified_type': 'string'
}) }}
