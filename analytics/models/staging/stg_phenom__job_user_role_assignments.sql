{{ phenom.stream('job_user_role_assignments', {
    'id': 'string',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'job_user_id': 'string',
    'role_id': 'string'
}) }}
