-- One row per stream and kind of gap, also where the count is 0.
{% set checks = [
    ('jobs', 'without department', 'stg_phenom__jobs', "nullif(trim(department), '') is null"),
    ('jobs', 'without opening date', 'stg_phenom__jobs', 'opened_at is null'),
    ('jobs', 'closed without closing date', 'stg_phenom__jobs', "status = 'CLOSED' and closed_at is null"),
    ('jobs', 'closed before opened', 'stg_phenom__jobs', 'closed_at < opened_at'),
    ('jobs', 'without recruiter', 'phenom__jobs', 'recruiter_count = 0'),
    ('jobs', 'without hiring manager', 'phenom__jobs', 'hiring_manager_id is null'),
    ('jobs', 'open without application', 'phenom__jobs', "status = 'OPEN' and applications = 0"),
    ('candidates', 'without e-mail address', 'stg_phenom__candidates', 'email is null'),
    ('candidates', 'without phone number', 'stg_phenom__candidates', 'phone_number is null'),
    ('candidates', 'without name', 'stg_phenom__candidates', 'first_name is null and last_name is null'),
    ('candidates', 'without country', 'stg_phenom__candidates', 'country is null'),
    ('applications', 'without job', 'phenom__applications', 'job_id is null'),
    ('applications', 'placeholder JOBID as job', 'phenom__applications', "remote_job_id = 'JOBID'"),
    ('applications', 'job not listed', 'phenom__applications', 'job_id is not null and not is_job_listed'),
    ('applications', 'without candidate', 'phenom__applications', 'candidate_id is null'),
    ('applications', 'without time of application', 'phenom__applications', 'applied_at is null'),
    ('applications', 'without source', 'phenom__applications', "source = 'Unknown'"),
    ('applications', 'without outcome', 'phenom__applications', 'outcome is null'),
    ('applications', 'stage not mapped', 'phenom__applications', 'stage is not null and stage_key is null'),
    ('applications', 'pending on a closed job', 'phenom__applications', "outcome = 'PENDING' and job_status = 'CLOSED'"),
    ('applications', 'hired before the job opened', 'phenom__applications', 'days_from_opening_to_hire < 0'),
    ('application_activities', 'without application', 'stg_phenom__application_activities', 'application_id is null'),
    ('application_activities', 'without time', 'stg_phenom__application_activities', 'remote_created_at is null'),
    ('users', 'without name', 'stg_phenom__users', 'first_name is null and last_name is null'),
    ('users', 'without e-mail address', 'stg_phenom__users', 'email is null'),
] -%}
{%- set dangling = [
    ('applications', 'candidate not found', 'stg_phenom__applications', 'candidate_id', 'stg_phenom__candidates'),
    ('application_activities', 'application not found', 'stg_phenom__application_activities', 'application_id', 'stg_phenom__applications'),
    ('application_activities', 'employee not found', 'stg_phenom__application_activities', 'employee_id', 'stg_phenom__employees'),
    ('job_hiring_team_members', 'job not found', 'stg_phenom__job_hiring_team_members', 'job_id', 'stg_phenom__jobs'),
    ('job_hiring_team_members', 'user not found', 'stg_phenom__job_hiring_team_members', 'user_id', 'stg_phenom__users'),
    ('candidate_documents', 'candidate not found', 'stg_phenom__candidate_documents', 'candidate_id', 'stg_phenom__candidates'),
] -%}
with checks as (
{%- for stream, kind, model, condition in checks %}
    select '{{ stream }}' as stream, '{{ kind }}' as kind, count(*) as row_count,
        count(case when {{ condition }} then 1 end) as affected
    from {{ ref(model) }}
    union all
{%- endfor %}
{%- for stream, kind, model, column, target in dangling %}
    select '{{ stream }}', '{{ kind }}', count(*),
        count(case when own.{{ column }} is not null and target.id is null then 1 end)
    from {{ ref(model) }} as own
    left join {{ ref(target) }} as target on target.id = own.{{ column }}
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
)

select
    stream,
    kind,
    affected,
    row_count,
    {{ phenom.percent('affected', 'row_count') }} as affected_percent
from checks
