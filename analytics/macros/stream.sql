{#- The rows of a stream, typed. A table or a column that is missing is empty, so that every model
    works without an acting user. Deleted rows are left out; var('phenom_keep_deleted') keeps them.
    `columns` maps names to 'string', 'timestamp' (without a time zone), 'instant' (with
    one), 'boolean' or 'json'. -#}
{%- macro stream(name, columns) -%}
    {%- set relation = source('phenom', name) -%}
    {%- set found = none -%}
    {%- if execute -%}
        {%- set found = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- endif -%}
    {%- set present = [] -%}
    {%- if found is not none -%}
        {%- for column in adapter.get_columns_in_relation(found) -%}
            {%- do present.append(column.name | lower) -%}
        {%- endfor -%}
    {%- endif -%}
    select
    {%- for column, type in columns.items() %}
        {% if column in present -%} {{ phenom.typed(column, type) }} {%- else -%} cast(null as {{ phenom.type_of(type) }}) {%- endif %} as {{ column }}
        {%- if not loop.last %},{% endif %}
    {%- endfor %}
    {% if found is not none -%}
    from {{ relation }}
    {%- if not var('phenom_keep_deleted') and 'remote_deleted_at' in present %}
    where remote_deleted_at is null
    {%- endif %}
    {%- else -%}
    from (select 1 as nothing) as missing
    where 1 = 0
    {%- endif -%}
{%- endmacro -%}

{%- macro type_of(type) -%}
    {%- if type == 'string' -%}{{ dbt.type_string() }}
    {%- elif type in ('timestamp', 'instant') -%}{{ phenom.type_utc() }}
    {%- elif type == 'boolean' -%}{{ dbt.type_boolean() }}
    {%- elif type == 'json' -%}{{ phenom.type_json() }}
    {%- else -%}{{ exceptions.raise_compiler_error("phenom.stream knows no type " ~ type) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro typed(column, type) -%}
    {%- if type == 'json' -%}{{ phenom.as_json(column) }}
    {%- elif type == 'instant' -%}{{ phenom.in_utc(column) }}
    {%- else -%}cast({{ column }} as {{ phenom.type_of(type) }})
    {%- endif -%}
{%- endmacro -%}
