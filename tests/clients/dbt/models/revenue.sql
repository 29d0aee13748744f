{{ config(materialized='view') }}
select o.id, o.day, o.pieces * cast(p.price as numeric) as revenue
from {{ ref('orders') }} as o join {{ ref('prices') }} as p using (sku)
