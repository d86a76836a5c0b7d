-- One row per source.
with spellings as (
    select source, cast(sum(spellings) as {{ dbt.type_int() }}) as spellings from {{ ref('int_phenom__source_names') }} group by 1
)

select
    applications.source,
    coalesce(max(spellings.spellings), 0) as spellings,
    count(*) as applications,
    count(distinct applications.candidate_id) as candidates,
    count(case when applications.is_first_application then 1 end) as first_applications,
    count(case when applications.furthest_position >= interview.position then 1 end) as interviewed,
    count(case when applications.outcome = 'HIRED' then 1 end) as hires,
    count(case when applications.outcome = 'DECLINED' then 1 end) as declined,
    count(case when applications.outcome = 'PENDING' then 1 end) as pending,
    {{ phenom.percent("count(case when applications.outcome = 'HIRED' then 1 end)", 'count(*)') }} as hires_per_100_applications,
    min(applications.applied_at) as first_applied_at,
    max(applications.applied_at) as last_applied_at
from {{ ref('phenom__applications') }} as applications
left join spellings on spellings.source = applications.source
left join {{ ref(var('phenom_stage_keys')) }} as interview on interview.stage_key = 'interview'
group by 1
