{{ config(materialized='incremental', unique_key='day', on_schema_change='append_new_columns') }}
select day, sum(revenue) as revenue, {{ var('round', 1) }} as round
from {{ ref('revenue') }}
{% if is_incremental() %}
where day >= (select max(day) from {{ this }})
{% endif %}
group by day
