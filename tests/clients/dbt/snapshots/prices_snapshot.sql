{% snapshot prices_snapshot %}
{{ config(unique_key='sku', strategy='check', check_cols=['price'], target_schema='dbt_shop') }}
select sku, price + {{ var('rise', 0) }} as price from {{ ref('prices') }}
{% endsnapshot %}
