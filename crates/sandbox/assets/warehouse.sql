-- What a fresh sandbox has: the tables and views of the case study, and eight configured sources.
-- No watermark: the first load of each source is complete.
CREATE SCHEMA IF NOT EXISTS `PROJECT.cdf_output` OPTIONS (location = 'US');

CREATE TABLE IF NOT EXISTS `PROJECT.cdf_output.configuration` (
  business_unit    STRING NOT NULL OPTIONS (description = 'MySQL schema; runtime argument business_unit'),
  data_source      STRING NOT NULL OPTIONS (description = 'MySQL table; runtime argument data_source'),
  is_active        BOOL   NOT NULL OPTIONS (description = 'only rows with TRUE are run'),
  priority         INT64  DEFAULT 100 OPTIONS (description = 'smaller starts first'),
  watermark_column STRING DEFAULT 'updated_at' OPTIONS (description = 'column compared with the watermark'),
  source_fields    STRING OPTIONS (description = 'Avro field objects of the source columns, comma separated, all nullable'),
  output_table     STRING OPTIONS (description = 'overrides bq_output_table for this row'),
  timeout_seconds  INT64  OPTIONS (description = 'overrides cdf_pipeline_timeout_seconds'),
  max_retries      INT64  OPTIONS (description = 'overrides the retry count'),
  description      STRING,
  updated_at       TIMESTAMP DEFAULT CURRENT_TIMESTAMP(),
  PRIMARY KEY (business_unit, data_source) NOT ENFORCED
) OPTIONS (description = 'what to copy');

CREATE TABLE IF NOT EXISTS `PROJECT.cdf_output.watermark` (
  business_unit      STRING NOT NULL,
  data_source        STRING NOT NULL,
  load_id            STRING NOT NULL OPTIONS (description = 'same value in every row of the load'),
  watermark          TIMESTAMP NOT NULL OPTIONS (description = 'exclusive upper bound of what is loaded'),
  previous_watermark TIMESTAMP,
  output_table       STRING,
  rows_loaded        INT64,
  updated_at         TIMESTAMP NOT NULL
) CLUSTER BY business_unit, data_source
OPTIONS (description = 'append only; the newest row per key is the watermark');

CREATE TABLE IF NOT EXISTS `PROJECT.cdf_output.landing` (
  business_unit  STRING,
  data_source    STRING,
  load_id        STRING,
  processed_time TIMESTAMP
) PARTITION BY TIMESTAMP_TRUNC(processed_time, DAY)
CLUSTER BY business_unit, data_source
OPTIONS (description = 'source columns are added by the first load');

CREATE OR REPLACE VIEW `PROJECT.cdf_output.watermark_current` AS
SELECT * FROM `PROJECT.cdf_output.watermark`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY business_unit, data_source ORDER BY updated_at DESC) = 1;

CREATE OR REPLACE VIEW `PROJECT.cdf_output.landing_committed` AS
SELECT o.* FROM `PROJECT.cdf_output.landing` AS o
WHERE EXISTS (SELECT 1 FROM `PROJECT.cdf_output.watermark` AS w WHERE w.load_id = o.load_id);

INSERT INTO `PROJECT.cdf_output.configuration`
  (business_unit, data_source, is_active, priority, watermark_column, source_fields, description)
VALUES
  ('hr', 'engineer', TRUE, 10, 'updated_at', '{"name":"id","type":["long","null"]},{"name":"full_name","type":["string","null"]},{"name":"title","type":["string","null"]},{"name":"salary","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},{"name":"hired_on","type":[{"type":"int","logicalType":"date"},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}', 'Engineers master data'),
  ('hr', 'payroll', TRUE, 20, 'updated_at', '{"name":"id","type":["long","null"]},{"name":"engineer_id","type":["long","null"]},{"name":"pay_month","type":["string","null"]},{"name":"gross","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},{"name":"net","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}', 'Monthly payroll lines'),
  ('hr', 'leave_request', FALSE, 90, 'updated_at', CAST(NULL AS STRING), 'Switched off: table not migrated yet'),
  ('finance', 'invoice', TRUE, 30, 'updated_at', '{"name":"id","type":["long","null"]},{"name":"customer_id","type":["long","null"]},{"name":"amount","type":[{"type":"bytes","logicalType":"decimal","precision":14,"scale":2},"null"]},{"name":"currency","type":["string","null"]},{"name":"issued_on","type":[{"type":"int","logicalType":"date"},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}', 'Customer invoices'),
  ('finance', 'expense', TRUE, 40, 'updated_at', '{"name":"id","type":["long","null"]},{"name":"employee_id","type":["long","null"]},{"name":"category","type":["string","null"]},{"name":"amount","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}', 'Expense claims'),
  ('sales', 'orders', TRUE, 50, 'updated_at', '{"name":"id","type":["long","null"]},{"name":"customer_id","type":["long","null"]},{"name":"status","type":["string","null"]},{"name":"total","type":[{"type":"bytes","logicalType":"decimal","precision":14,"scale":2},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}', 'Orders'),
  ('operations', 'ticket', TRUE, 60, 'updated_at', '{"name":"id","type":["long","null"]},{"name":"opened_by","type":["string","null"]},{"name":"severity","type":["string","null"]},{"name":"resolved","type":["boolean","null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}', 'Support tickets'),
  ('marketing', 'campaign', FALSE, 95, 'updated_at', '{"name":"id","type":["long","null"]},{"name":"name","type":["string","null"]},{"name":"budget","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}', 'Paused by the owner');
