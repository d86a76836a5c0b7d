-- One row per listed job.
with applications as (
    select
        job_id,
        count(*) as applications,
        count(distinct candidate_id) as applicants,
        count(case when outcome = 'HIRED' then 1 end) as hires,
        count(case when outcome = 'PENDING' then 1 end) as pending_applications,
        min(applied_at) as first_application_at,
        min(hired_at) as first_hired_at
    from {{ ref('phenom__applications') }}
    group by 1
),

team as (
    select
        job_id,
        count(*) as team_size,
        max(case when is_hiring_manager then user_id end) as hiring_manager_id,
        max(case when is_hiring_manager then name end) as hiring_manager,
        count(case when is_recruiter then 1 end) as recruiter_count,
        max(case when is_recruiter and recruiter_number = 1 then user_id end) as recruiter_id,
        max(case when is_recruiter and recruiter_number = 1 then name end) as recruiter
    from {{ ref('int_phenom__job_team') }}
    group by 1
),

dated as (
    select jobs.*, coalesce(jobs.opened_at, jobs.remote_created_at) as open_from
    from {{ ref('stg_phenom__jobs') }} as jobs
)

select
    jobs.id as job_id,
    jobs.remote_id as remote_job_id,
    jobs.name as job,
    jobs.status,
    jobs.visibility,
    coalesce(nullif(trim(jobs.department), ''), 'Unknown') as department,
    coalesce(nullif(trim(jobs.category), ''), 'Unknown') as category,
    jobs.employment_type,
    jobs.city,
    jobs.country,
    jobs.open_from as opened_at,
    jobs.closed_at,
    -- A closed job without a closing date is not open until now.
    case when jobs.status = 'OPEN' or jobs.closed_at is not null then
        {{ phenom.days_between('jobs.open_from', 'coalesce(jobs.closed_at, ' ~ phenom.as_of() ~ ')') }}
    end as days_open,
    coalesce(applications.applications, 0) as applications,
    coalesce(applications.applicants, 0) as applicants,
    coalesce(applications.hires, 0) as hires,
    coalesce(applications.pending_applications, 0) as pending_applications,
    applications.first_application_at,
    applications.first_hired_at,
    case when applications.first_application_at >= jobs.open_from then
        {{ phenom.days_between('jobs.open_from', 'applications.first_application_at') }}
    end as days_to_first_application,
    case when applications.first_hired_at >= jobs.open_from then
        {{ phenom.days_between('jobs.open_from', 'applications.first_hired_at') }}
    end as days_to_fill,
    team.hiring_manager_id,
    team.hiring_manager,
    team.recruiter_id,
    team.recruiter,
    coalesce(team.recruiter_count, 0) as recruiter_count,
    coalesce(team.team_size, 0) as team_size
from dated as jobs
left join applications on applications.job_id = jobs.id
left join team on team.job_id = jobs.id
