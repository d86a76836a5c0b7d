-- One row per stream, also where it has no rows.
{% set streams = [
    'users', 'jobs', 'roles', 'job_hiring_team_members', 'job_user_role_assignments', 'candidates',
    'applications', 'employees', 'groups', 'application_activities', 'candidate_documents',
] -%}
with states as (
    {{ phenom.stream('_airbyte_state', {'stream_name': 'string', 'last_updated': 'instant'}) }}
),

syncs as (
    select stream_name, max(last_updated) as last_sync_at
    from states
    group by 1
),

changes as (
{%- for stream in streams %}
    select '{{ stream }}' as stream, count(*) as row_count, max(changed_at) as last_change_at
    from {{ ref('stg_phenom__' ~ stream) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
)

select
    changes.stream,
    changes.row_count,
    changes.last_change_at,
    syncs.last_sync_at
from changes
left join syncs on syncs.stream_name = changes.stream
