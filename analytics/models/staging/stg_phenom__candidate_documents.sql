{{ phenom.stream('candidate_documents', {
    'id': 'string',
    'remote_id': 'string',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'candidate_id': 'string',
    'file_name': 'string',
    'document_type': 'string',
    'integration_fields': 'json'
}) }}
