{#- What the databases write differently and dbt has no macro for. DuckDB and PostgreSQL are tested.
    Snowflake and BigQuery are written from their manuals and were never run. -#}

{#- A timestamp in UTC, without a time zone. -#}
{%- macro type_utc() -%}{{ return(adapter.dispatch('type_utc', 'phenom')()) }}{%- endmacro -%}
{%- macro default__type_utc() -%}timestamp{%- endmacro -%}
{%- macro snowflake__type_utc() -%}timestamp_ntz{%- endmacro -%}

{#- A time with a time zone as one in UTC without. -#}
{%- macro in_utc(column) -%}{{ return(adapter.dispatch('in_utc', 'phenom')(column)) }}{%- endmacro -%}
{%- macro default__in_utc(column) -%}cast({{ column }} at time zone 'UTC' as {{ phenom.type_utc() }}){%- endmacro -%}
{%- macro snowflake__in_utc(column) -%}cast(convert_timezone('UTC', {{ column }}) as {{ phenom.type_utc() }}){%- endmacro -%}
{%- macro bigquery__in_utc(column) -%}cast({{ column }} as {{ phenom.type_utc() }}){%- endmacro -%}

{%- macro type_json() -%}{{ return(adapter.dispatch('type_json', 'phenom')()) }}{%- endmacro -%}
{%- macro default__type_json() -%}json{%- endmacro -%}
{%- macro postgres__type_json() -%}jsonb{%- endmacro -%}
{%- macro snowflake__type_json() -%}variant{%- endmacro -%}

{%- macro as_json(column) -%}{{ return(adapter.dispatch('as_json', 'phenom')(column)) }}{%- endmacro -%}
{%- macro default__as_json(column) -%}cast({{ column }} as {{ phenom.type_json() }}){%- endmacro -%}
{%- macro snowflake__as_json(column) -%}to_variant({{ column }}){%- endmacro -%}
{%- macro bigquery__as_json(column) -%}{{ column }}{%- endmacro -%}

{#- A member of an object, as text; null where there is none. -#}
{%- macro json_text(column, key) -%}{{ return(adapter.dispatch('json_text', 'phenom')(column, key)) }}{%- endmacro -%}
{%- macro default__json_text(column, key) -%}json_extract_string({{ column }}, '$.{{ key }}'){%- endmacro -%}
{%- macro postgres__json_text(column, key) -%}({{ column }} ->> '{{ key }}'){%- endmacro -%}
{%- macro snowflake__json_text(column, key) -%}cast(get_path({{ column }}, '{{ key }}') as varchar){%- endmacro -%}
{%- macro bigquery__json_text(column, key) -%}json_value({{ column }}, '$.{{ key }}'){%- endmacro -%}

{#- A member of the first object of a list, as text; null where there is none. -#}
{%- macro json_first_text(column, key) -%}{{ return(adapter.dispatch('json_first_text', 'phenom')(column, key)) }}{%- endmacro -%}
{%- macro default__json_first_text(column, key) -%}json_extract_string({{ column }}, '$[0].{{ key }}'){%- endmacro -%}
{%- macro postgres__json_first_text(column, key) -%}({{ column }} -> 0 ->> '{{ key }}'){%- endmacro -%}
{%- macro snowflake__json_first_text(column, key) -%}cast(get_path({{ column }}, '[0].{{ key }}') as varchar){%- endmacro -%}
{%- macro bigquery__json_first_text(column, key) -%}json_value({{ column }}, '$[0].{{ key }}'){%- endmacro -%}

{#- A list or an object as JSON text. -#}
{%- macro json_as_text(column) -%}{{ return(adapter.dispatch('json_as_text', 'phenom')(column)) }}{%- endmacro -%}
{%- macro default__json_as_text(column) -%}cast({{ column }} as {{ dbt.type_string() }}){%- endmacro -%}
{%- macro snowflake__json_as_text(column) -%}to_json({{ column }}){%- endmacro -%}
{%- macro bigquery__json_as_text(column) -%}to_json_string({{ column }}){%- endmacro -%}

{#- A number with a fraction. -#}
{%- macro type_double() -%}{{ return(adapter.dispatch('type_double', 'phenom')()) }}{%- endmacro -%}
{%- macro default__type_double() -%}double precision{%- endmacro -%}
{%- macro bigquery__type_double() -%}float64{%- endmacro -%}
