{{ config(partition_by={"field": "day", "data_type": "date"}, cluster_by=["sku"], labels={"team": "shop"}) }}
select 1 as id, 'pen' as sku, 3 as pieces, date '2026-11-01' as day, timestamp '2026-11-01 08:00:00' as changed_at, ['red'] as tags
union all
select 2, 'ink', 1, date '2026-11-02', timestamp '2026-11-02 09:00:00', cast([] as array<string>)
