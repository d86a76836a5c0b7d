{{ phenom.stream('users', {
    'id': 'string',
    'remote_id': 'string',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'first_name': 'string',
    'last_name': 'string',
    'email': 'string'
}) }}
