{{ phenom.stream('application_activities', {
    'id': 'string',
    'remote_id': 'string',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'candidate_id': 'string',
    'application_id': 'string',
    'activity_type': 'string',
    'employee_id': 'string',
    'employee_name': 'string',
    'from_stage': 'string',
    'to_stage': 'string',
    'remote_created_at': 'timestamp',
    'integration_fields': 'json'
}) }}
