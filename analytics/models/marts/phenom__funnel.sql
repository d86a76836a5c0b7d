-- One row per department, source, month of application and stage in use.
with stages as (
    select
        stage_key,
        title as stage,
        position,
        lead(position) over (order by position) as next_position
    from {{ ref(var('phenom_stage_keys')) }}
    where
        position is not null
        and (
            position = 10
            or stage_key in (select stage_key from {{ ref('int_phenom__stage_names') }} where stage_key is not null)
        )
)

select
    applications.department,
    applications.source,
    applications.applied_month,
    stages.stage_key,
    stages.stage,
    stages.position as stage_position,
    count(case when applications.furthest_position >= stages.position then 1 end) as reached,
    count(case when applications.furthest_position >= stages.next_position then 1 end) as converted
from {{ ref('phenom__applications') }} as applications
cross join stages
group by 1, 2, 3, 4, 5, 6
