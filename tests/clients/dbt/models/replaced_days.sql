{{ config(materialized='incremental', incremental_strategy='insert_overwrite',
          partition_by={"field": "day", "data_type": "date"}) }}
select day, pieces, {{ var('round', 1) }} as round from {{ ref('orders') }}
{% if is_incremental() %}
where day = date '2026-11-02'
{% endif %}
