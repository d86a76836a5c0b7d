with rows_of_stream as (
    {{ phenom.stream('job_hiring_team_members', {
        'id': 'string',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'job_id': 'string',
        'user_id': 'string',
        'roles': 'json'
    }) }}
)

select
    rows_of_stream.*,
    {{ phenom.json_as_text('roles') }} like '%HIRING_MANAGER%' as is_hiring_manager,
    {{ phenom.json_as_text('roles') }} like '%RECRUITER%' as is_recruiter
from rows_of_stream
