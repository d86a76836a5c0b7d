-- One row per person who is a recruiter of at least one listed job.
with jobs as (
    select team.user_id, team.name, jobs.job_id, jobs.status, jobs.hires
    from {{ ref('int_phenom__job_team') }} as team
    inner join {{ ref('phenom__jobs') }} as jobs on jobs.job_id = team.job_id
    where team.is_recruiter
),

pending as (
    select job_id, count(*) as applications, min(applied_at) as oldest_applied_at
    from {{ ref('phenom__applications') }}
    where outcome = 'PENDING' and job_status = 'OPEN'
    group by 1
)

select
    jobs.user_id as recruiter_id,
    max(jobs.name) as recruiter,
    count(*) as jobs,
    count(case when jobs.status = 'OPEN' then 1 end) as open_jobs,
    cast(coalesce(sum(pending.applications), 0) as {{ dbt.type_int() }}) as pending_applications,
    min(pending.oldest_applied_at) as oldest_pending_at,
    {{ phenom.days_between('min(pending.oldest_applied_at)', phenom.as_of()) }} as oldest_pending_days,
    cast(sum(jobs.hires) as {{ dbt.type_int() }}) as hires
from jobs
left join pending on pending.job_id = jobs.job_id
group by 1
