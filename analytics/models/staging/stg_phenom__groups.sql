{{ phenom.stream('groups', {
    'id': 'string',
    'remote_id': 'string',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'name': 'string',
    'integration_fields': 'json'
}) }}
