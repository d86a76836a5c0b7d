-- One row per source, however it is spelled: the mapping's name, else the most common spelling.
with counted as (
    select {{ phenom.label('source') }} as label, source, count(*) as times
    from {{ ref('stg_phenom__applications') }}
    where nullif(trim(source), '') is not null
    group by 1, 2
),

-- The capital letters of a name are a reason to prefer it to the same name in lower case.
ranked as (
    select
        label,
        trim(source) as source,
        count(*) over (partition by label) as spellings,
        row_number() over (
            partition by label
            order by case when source = lower(source) then 1 else 0 end, times desc, source
        ) as spelling
    from counted
),

mapping as (
    select {{ phenom.label('written') }} as label, max(source) as source
    from {{ ref(var('phenom_source_mapping')) }}
    group by 1
)

select
    ranked.label,
    coalesce(mapping.source, ranked.source) as source,
    ranked.spellings
from ranked
left join mapping on mapping.label = ranked.label
where ranked.spelling = 1
