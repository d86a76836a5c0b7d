-- One row per job and person of its hiring team.
select
    members.id as member_id,
    members.job_id,
    members.user_id,
    coalesce({{ phenom.full_name('users.first_name', 'users.last_name') }}, users.email, users.remote_id) as name,
    members.is_hiring_manager,
    members.is_recruiter,
    row_number() over (
        partition by members.job_id, members.is_recruiter order by users.remote_id, members.id
    ) as recruiter_number
from {{ ref('stg_phenom__job_hiring_team_members') }} as members
left join {{ ref('stg_phenom__users') }} as users on users.id = members.user_id
