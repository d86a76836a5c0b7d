{{ phenom.stream('employees', {
    'id': 'string',
    'remote_id': 'string',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'first_name': 'string',
    'last_name': 'string',
    'display_name': 'string',
    'username': 'string',
    'email': 'string',
    'title': 'string',
    'active': 'boolean',
    'roles': 'json',
    'groups': 'json',
    'integration_fields': 'json'
}) }}
