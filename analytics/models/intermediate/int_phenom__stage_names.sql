-- One row per stage, however it is spelled, with its place in the mapping that people edit.
with spellings as (
    select current_stage as stage, outcome from {{ ref('stg_phenom__applications') }}
    union all
    select to_stage, null from {{ ref('stg_phenom__application_activities') }}
    union all
    select from_stage, null from {{ ref('stg_phenom__application_activities') }}
),

counted as (
    select
        {{ phenom.label('stage') }} as label,
        stage,
        count(*) as times,
        max(outcome) as outcome
    from spellings
    where stage is not null
    group by 1, 2
),

ranked as (
    select
        label,
        stage,
        max(outcome) over (partition by label) as outcome,
        row_number() over (partition by label order by times desc, stage) as spelling
    from counted
),

mapping as (
    select {{ phenom.label('stage') }} as label, max(stage_key) as stage_key
    from {{ ref(var('phenom_stage_mapping')) }}
    group by 1
),

keyed as (
    select
        ranked.label,
        ranked.stage,
        mapping.stage_key is not null as is_mapped,
        -- Without a row in the mapping, the connector's reading of the stage decides.
        coalesce(
            mapping.stage_key,
            case
                when ranked.outcome = 'HIRED' then 'hired'
                when ranked.outcome = 'DECLINED' and ranked.label like '%withdr%' then 'withdrawn'
                when ranked.outcome = 'DECLINED' then 'rejected'
            end
        ) as stage_key
    from ranked
    left join mapping on mapping.label = ranked.label
    where ranked.spelling = 1
)

select
    keyed.label,
    keyed.stage,
    keyed.is_mapped,
    keyed.stage_key,
    stage_keys.position,
    coalesce(stage_keys.kind, 'open') as kind
from keyed
left join {{ ref(var('phenom_stage_keys')) }} as stage_keys on stage_keys.stage_key = keyed.stage_key
