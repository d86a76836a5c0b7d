with rows_of_stream as (
    {{ phenom.stream('candidates', {
        'id': 'string',
        'remote_id': 'string',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'first_name': 'string',
        'last_name': 'string',
        'company': 'string',
        'title': 'string',
        'source': 'string',
        'phone_numbers': 'json',
        'email': 'string',
        'email_addresses': 'json',
        'location': 'json',
        'tags': 'json',
        'custom_fields': 'json',
        'integration_fields': 'json',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp'
    }) }}
)

select
    rows_of_stream.*,
    {{ phenom.json_first_text('phone_numbers', 'phone_number') }} as phone_number,
    {{ phenom.json_first_text('phone_numbers', 'type') }} as phone_type,
    {{ phenom.location_columns() }}
from rows_of_stream
