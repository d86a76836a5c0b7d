with rows_of_stream as (
    {{ phenom.stream('jobs', {
        'id': 'string',
        'remote_id': 'string',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'name': 'string',
        'description': 'string',
        'employment_type': 'string',
        'status': 'string',
        'visibility': 'string',
        'category': 'string',
        'department': 'string',
        'post_url': 'string',
        'location': 'json',
        'custom_fields': 'json',
        'integration_fields': 'json',
        'opened_at': 'timestamp',
        'closed_at': 'timestamp',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp'
    }) }}
)

select
    rows_of_stream.*,
    {{ phenom.location_columns() }}
from rows_of_stream
