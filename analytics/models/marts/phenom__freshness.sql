{%- set streams = [
    'users', 'jobs', 'candidates', 'applications', 'roles', 'job_user_role_assignments',
    'job_hiring_team_members', 'employees', 'groups', 'application_activities', 'candidate_documents'
] -%}
with states as (
    {{ phenom.stream('_airbyte_state', {'stream_name': 'string', 'last_updated': 'timestamp with zone'}) }}
),

synced as (
    -- Several tenants in one warehouse have a state each: the oldest one counts.
    select stream_name, min(last_updated) as last_synced_at
    from states
    group by stream_name
),

counted as (
    {%- for name in streams %}
    select cast('{{ name }}' as {{ dbt.type_string() }}) as stream, count(*) as row_count, max(changed_at) as newest_change_at
    from {{ ref('stg_phenom__' ~ name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select counted.stream, counted.row_count, counted.newest_change_at, synced.last_synced_at
from counted
left join synced on synced.stream_name = counted.stream
