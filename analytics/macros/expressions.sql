{#- A name without case, spaces and punctuation: "Phone-Screen" and PHONE_SCREEN are phonescreen. -#}
{%- macro label(name) -%}
    translate(lower({{ name }}), ' -_./:,;()&+', '')
{%- endmacro -%}

{#- Days from one time to another, with two decimals. -#}
{%- macro days_between(start, end) -%}
    cast(round(cast({{ dbt.datediff(start, end, 'second') }} as {{ dbt.type_numeric() }}) / 86400, 2) as {{ phenom.type_double() }})
{%- endmacro -%}

{#- The moment up to which what is still open is counted. -#}
{%- macro as_of() -%}
    cast('{{ var("phenom_as_of") or run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as {{ phenom.type_utc() }})
{%- endmacro -%}

{#- The first day of the month of a time, as a date. -#}
{%- macro month(time) -%}
    cast({{ dbt.date_trunc('month', time) }} as date)
{%- endmacro -%}

{#- First and last name with a space between them; null without either. -#}
{%- macro full_name(first, last) -%}
    nullif(trim({{ dbt.concat(["coalesce(" ~ first ~ ", '')", "' '", "coalesce(" ~ last ~ ", '')"]) }}), '')
{%- endmacro -%}

{#- How many of a hundred, with two decimals; null of nothing. -#}
{%- macro percent(part, whole) -%}
    cast(round(100 * cast({{ part }} as {{ dbt.type_numeric() }}) / nullif({{ whole }}, 0), 2) as {{ phenom.type_double() }})
{%- endmacro -%}

{#- The columns of a location, of the JSON column with that name. -#}
{%- macro location_columns() -%}
    {%- for part in ('city', 'state', 'zip_code', 'country') -%}
    {{ phenom.json_text('location', part) }} as {{ part }}{{ '' if loop.last else ',\n    ' }}
    {%- endfor -%}
{%- endmacro -%}
