-- One row per application.
with stages as (
    select
        stays.*,
        max(case when stage_kind <> 'hired' then stay_number else 0 end)
            over (partition by application_id) as last_not_hired,
        max(case when stage_kind <> 'declined' then stay_number else 0 end)
            over (partition by application_id) as last_not_declined
    from {{ ref('phenom__application_stages') }} as stays
),

histories as (
    select
        application_id,
        -- Only the last decision counts: an application may have been reopened.
        min(case when stage_kind = 'hired' and stay_number > last_not_hired then entered_at end) as hired_at,
        min(case when stage_kind = 'declined' and stay_number > last_not_declined then entered_at end) as declined_at,
        min(case when stage_key = 'rejected' and stay_number > last_not_declined then entered_at end) as rejected_at,
        max(stage_position) as furthest_position,
        max(case when is_reopening then 1 else 0 end) as reopened
    from stages
    group by 1
),

team as (
    select
        job_id,
        max(case when is_recruiter and recruiter_number = 1 then user_id end) as recruiter_id,
        max(case when is_recruiter and recruiter_number = 1 then name end) as recruiter,
        max(case when is_hiring_manager then user_id end) as hiring_manager_id,
        max(case when is_hiring_manager then name end) as hiring_manager
    from {{ ref('int_phenom__job_team') }}
    group by 1
),

joined as (
    select
        applications.id as application_id,
        applications.remote_id as remote_application_id,
        applications.candidate_id,
        applications.applied_at,
        {{ phenom.month('applications.applied_at') }} as applied_month,
        coalesce(sources.source, 'Unknown') as source,
        applications.source as source_as_written,
        applications.job_id,
        applications.remote_job_id,
        jobs.id is not null as is_job_listed,
        jobs.name as job,
        jobs.status as job_status,
        coalesce(nullif(trim(jobs.department), ''), 'Unknown') as department,
        coalesce(nullif(trim(jobs.category), ''), 'Unknown') as category,
        jobs.employment_type,
        jobs.city,
        jobs.country,
        jobs.opened_at as job_opened_at,
        team.recruiter_id,
        team.recruiter,
        team.hiring_manager_id,
        team.hiring_manager,
        stage_names.stage,
        stage_names.stage_key,
        coalesce(stage_names.position, 0) as own_position,
        histories.furthest_position,
        applications.outcome,
        case when applications.outcome = 'HIRED'
            then coalesce(histories.hired_at, applications.remote_updated_at) end as hired_at,
        case when applications.outcome = 'DECLINED'
            then coalesce(applications.rejected_at, histories.rejected_at) end as rejected_at,
        case when applications.outcome = 'DECLINED'
            then coalesce(histories.declined_at, applications.rejected_at, applications.remote_updated_at) end as declined_at,
        applications.rejection_reason_name as rejection_reason,
        coalesce(histories.reopened, 0) = 1 as is_reopened,
        case when applications.candidate_id is not null then row_number() over (
            partition by applications.candidate_id
            order by coalesce(applications.applied_at, applications.remote_created_at), applications.remote_id
        ) end as application_number
    from {{ ref('stg_phenom__applications') }} as applications
    left join {{ ref('stg_phenom__jobs') }} as jobs on jobs.id = applications.job_id
    left join team on team.job_id = applications.job_id
    left join histories on histories.application_id = applications.id
    left join {{ ref('int_phenom__stage_names') }} as stage_names
        on stage_names.label = {{ phenom.label('applications.current_stage') }}
    left join {{ ref('int_phenom__source_names') }} as sources
        on sources.label = {{ phenom.label('applications.source') }}
)

select
    application_id,
    remote_application_id,
    candidate_id,
    applied_at,
    applied_month,
    source,
    source_as_written,
    job_id,
    remote_job_id,
    is_job_listed,
    job,
    job_status,
    department,
    category,
    employment_type,
    city,
    country,
    recruiter_id,
    recruiter,
    hiring_manager_id,
    hiring_manager,
    stage,
    stage_key,
    -- Every application reached the first position, whatever its history shows.
    case
        when coalesce(furthest_position, 0) > own_position and furthest_position > 10 then furthest_position
        when own_position > 10 then own_position
        else 10
    end as furthest_position,
    outcome,
    hired_at,
    rejected_at,
    coalesce(hired_at, declined_at) as decided_at,
    rejection_reason,
    is_reopened,
    case when outcome is not null then
        {{ phenom.days_between('applied_at', 'coalesce(hired_at, declined_at, ' ~ phenom.as_of() ~ ')') }}
    end as days_open,
    {{ phenom.days_between('applied_at', 'hired_at') }} as days_to_hire,
    {{ phenom.days_between('job_opened_at', 'hired_at') }} as days_from_opening_to_hire,
    application_number,
    application_number = 1 as is_first_application
from joined
