-- One row per application and uninterrupted stay in a stage.
with applications as (
    select id, applied_at from {{ ref('stg_phenom__applications') }}
),

moves as (
    select
        activities.id as move_id,
        activities.application_id,
        activities.remote_created_at as moved_at,
        {{ phenom.label('activities.from_stage') }} as from_label,
        {{ phenom.label('activities.to_stage') }} as to_label,
        applications.applied_at,
        row_number() over (
            partition by activities.application_id order by activities.remote_created_at, activities.id
        ) as move_number
    from {{ ref('stg_phenom__application_activities') }} as activities
    inner join applications on applications.id = activities.application_id
    where activities.to_stage is not null and activities.remote_created_at is not null
),

entries as (
    select application_id, to_label as label, moved_at as entered_at, 1 as place, move_id
    from moves
    union all
    -- The stage before the first known change began, as far as one can tell, with the application.
    select application_id, from_label, applied_at, 0, move_id
    from moves
    where move_number = 1 and from_label is not null and applied_at <= moved_at
),

compared as (
    select
        entries.*,
        lag(label) over (partition by application_id order by entered_at, place, move_id) as label_before
    from entries
),

-- A change to the stage where the application already is begins no new stay.
stays as (
    select
        application_id,
        label,
        entered_at,
        label_before,
        lead(entered_at) over (partition by application_id order by entered_at, place, move_id) as left_at,
        row_number() over (partition by application_id order by entered_at, place, move_id) as stay_number,
        row_number() over (partition by application_id, label order by entered_at, place, move_id) as visit
    from compared
    where label_before is null or label_before <> label
)

select
    {{ dbt.concat(['stays.application_id', "':'", 'cast(stays.stay_number as ' ~ dbt.type_string() ~ ')']) }} as application_stage_id,
    stays.application_id,
    stays.stay_number,
    names.stage,
    names.stage_key,
    names.position as stage_position,
    names.kind as stage_kind,
    stays.visit,
    stays.entered_at,
    stays.left_at,
    {{ phenom.days_between('stays.entered_at', 'stays.left_at') }} as days,
    stays.left_at is null as is_current,
    coalesce(before_it.kind in ('declined', 'hired') and names.kind in ('open', 'paused'), false) as is_reopening
from stays
left join {{ ref('int_phenom__stage_names') }} as names on names.label = stays.label
left join {{ ref('int_phenom__stage_names') }} as before_it on before_it.label = stays.label_before
