"""google-cloud-bigquery, unchanged, against the sandbox: only the endpoint and the credentials are set.

Every step asserts values; the first wrong one ends the script. SANDBOX holds the sandbox's ready line.
"""

import datetime
import decimal
import io
import json
import os
import uuid

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

READY = json.loads(os.environ["SANDBOX"])
PROJECT, DATASET = READY["project"], READY["dataset"]


def client():
    return bigquery.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=READY["bigquery"]),
    )


def raises(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in str(error), f"{words!r} is not in {error}"
        return error
    raise AssertionError(f"{kind.__name__} with {words!r} was expected")


def rows(job):
    return [tuple(row.values()) for row in job.result()]


def datasets_and_tables(bq):
    assert DATASET in [dataset.dataset_id for dataset in bq.list_datasets()]
    tables = {table.table_id: table.table_type for table in bq.list_tables(DATASET)}
    assert tables["configuration"] == "TABLE" and tables["landing_committed"] == "VIEW", tables
    table = bq.get_table(f"{PROJECT}.{DATASET}.configuration")
    fields = {field.name: (field.field_type, field.mode) for field in table.schema}
    assert fields["business_unit"] == ("STRING", "REQUIRED"), fields
    assert fields["is_active"] == ("BOOLEAN", "REQUIRED"), fields
    assert fields["priority"] == ("INTEGER", "NULLABLE"), fields
    assert table.num_rows == 8, table.num_rows
    bq.create_dataset(f"{PROJECT}.clients", exists_ok=True)
    raises(exceptions.Conflict, "Already Exists", lambda: bq.create_dataset(f"{PROJECT}.clients"))
    raises(exceptions.NotFound, "Not found: Table", lambda: bq.get_table(f"{DATASET}.nothing"))
    raises(exceptions.NotFound, "Not found: Dataset", lambda: bq.get_dataset("nothing"))


def tables_are_made_and_changed(bq):
    schema = [
        bigquery.SchemaField("id", "INTEGER", mode="REQUIRED"),
        bigquery.SchemaField("name", "STRING", description="who"),
    ]
    table = bq.create_table(bigquery.Table(f"{PROJECT}.clients.made", schema=schema))
    assert table.schema[1].description == "who"
    table.schema = [*table.schema, bigquery.SchemaField("added", "TIMESTAMP")]
    table = bq.update_table(table, ["schema"])
    assert [field.name for field in table.schema] == ["id", "name", "added"]
    labels_are_changed_by_one_at_a_time(bq, table)
    bq.delete_table(table)
    raises(exceptions.NotFound, "Not found: Table", lambda: bq.delete_table(table))
    bq.delete_table(table, not_found_ok=True)


def labels_are_changed_by_one_at_a_time(bq, table):
    table, other = bq.get_table(table), bq.get_table(table)
    assert table.etag == other.etag and table.labels == {}
    table.labels = {"holder": "first", "until": "1795973000"}
    table = bq.update_table(table, ["labels"])
    assert table.labels == {"holder": "first", "until": "1795973000"} and table.etag != other.etag
    other.labels = {"holder": "second"}
    raises(exceptions.PreconditionFailed, "Precondition check failed", lambda: bq.update_table(other, ["labels"]))
    assert bq.get_table(table).labels["holder"] == "first"
    # A statement changes the etag too.
    bq.query_and_wait("INSERT INTO clients.made (id) VALUES (1)")
    raises(exceptions.PreconditionFailed, "Precondition check failed", lambda: bq.update_table(table, ["labels"]))
    table = bq.get_table(table)
    table.labels = {"holder": None, "until": "later"}
    table = bq.update_table(table, ["labels"])
    assert table.labels == {"until": "later"}, table.labels
    table.labels = {"holder": "Not Allowed"}
    raises(exceptions.BadRequest, "Invalid label value", lambda: bq.update_table(table, ["labels"]))


def paging(bq):
    query = "SELECT business_unit, data_source FROM cdf_output.configuration ORDER BY 1, 2"
    result = bq.query_and_wait(query, page_size=3)
    pages = [len(list(page)) for page in result.pages]
    assert pages == [3, 3, 2], pages
    listed = list(bq.list_rows(f"{PROJECT}.{DATASET}.configuration", page_size=3))
    assert len(listed) == 8 and listed[0]["business_unit"]
    picked = bq.list_rows(f"{PROJECT}.{DATASET}.configuration", start_index=6, max_results=5)
    assert len(list(picked)) == 2


def types(bq):
    query = """
        SELECT 1 AS i, 1.5 AS f, NUMERIC '12.34' AS n, TRUE AS b, 'é' AS s,
               DATE '2024-02-29' AS d, TIME '06:00:00.5' AS t, DATETIME '2024-02-29 23:59:59' AS dt,
               TIMESTAMP '2024-02-29 23:59:59.123456+00' AS ts, CAST(NULL AS STRING) AS nothing"""
    (row,) = bq.query_and_wait(query)
    utc = datetime.timezone.utc
    assert row["i"] == 1 and row["f"] == 1.5 and row["b"] is True and row["s"] == "é"
    assert row["n"] == decimal.Decimal("12.34")
    assert row["d"] == datetime.date(2024, 2, 29) and row["t"] == datetime.time(6, 0, 0, 500000)
    assert row["dt"] == datetime.datetime(2024, 2, 29, 23, 59, 59)
    assert row["ts"] == datetime.datetime(2024, 2, 29, 23, 59, 59, 123456, utc), row["ts"]
    assert row["nothing"] is None


def parameters(bq):
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter("unit", "STRING", "hr"),
            bigquery.ScalarQueryParameter("least", "INT64", 15),
        ]
    )
    query = f"SELECT data_source FROM {DATASET}.configuration WHERE business_unit = @unit AND priority >= @least ORDER BY 1"
    assert rows(bq.query(query, job_config=config)) == [("leave_request",), ("payroll",)]
    config = bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter(None, "INT64", 4)])
    assert rows(bq.query("SELECT ? * 2", job_config=config)) == [(8,)]


def changes(bq):
    bq.query_and_wait("CREATE TABLE clients.changed (id INT64, name STRING)")
    job = bq.query("INSERT INTO clients.changed VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    job.result()
    assert job.num_dml_affected_rows == 3 and job.statement_type == "INSERT"
    job = bq.query("UPDATE clients.changed SET name = 'x' WHERE id > 1")
    job.result()
    assert job.num_dml_affected_rows == 2
    bq.query_and_wait("DELETE FROM clients.changed WHERE id = 3")
    assert rows(bq.query("SELECT * FROM clients.changed ORDER BY id")) == [(1, "a"), (2, "x")]
    job = bq.query("TRUNCATE TABLE clients.changed")
    job.result()
    assert job.statement_type == "TRUNCATE_TABLE", job.statement_type
    assert rows(bq.query("SELECT COUNT(*) FROM clients.changed")) == [(0,)]


def merge(bq):
    bq.query_and_wait("CREATE TABLE clients.merged AS SELECT 1 AS id, 'old' AS name UNION ALL SELECT 2, 'gone'")
    job = bq.query("""
        MERGE clients.merged AS t USING (SELECT 1 AS id, 'new' AS name UNION ALL SELECT 3, 'added') AS s ON t.id = s.id
        WHEN MATCHED THEN UPDATE SET name = s.name
        WHEN NOT MATCHED THEN INSERT (id, name) VALUES (id, name)
        WHEN NOT MATCHED BY SOURCE THEN DELETE""")
    job.result()
    stats = job.dml_stats
    counts = stats.inserted_row_count, stats.updated_row_count, stats.deleted_row_count
    assert job.statement_type == "MERGE" and counts == (1, 1, 1), (job.statement_type, counts)
    assert rows(bq.query("SELECT * FROM clients.merged ORDER BY id")) == [(1, "new"), (3, "added")]
    job = bq.query("ALTER TABLE clients.merged ADD COLUMN at TIMESTAMP")
    job.result()
    assert (job.ddl_operation_performed, job.ddl_target_table.table_id) == ("ALTER", "merged")


def nested(bq):
    (row,) = bq.query_and_wait(
        "SELECT [1, 2] AS a, STRUCT(1 AS x, ['p'] AS y, DATE '2024-02-29' AS d) AS s, [STRUCT('k' AS name, 1.5 AS v)] AS records, JSON '{\"a\": [1]}' AS j"
    )
    assert row["a"] == [1, 2] and row["s"] == {"x": 1, "y": ["p"], "d": datetime.date(2024, 2, 29)}, row
    assert row["records"] == [{"name": "k", "v": 1.5}] and row["j"] == {"a": [1]}, row
    schema = [
        bigquery.SchemaField("id", "INTEGER", mode="REQUIRED"),
        bigquery.SchemaField("tags", "STRING", mode="REPEATED"),
        bigquery.SchemaField("lines", "RECORD", mode="REPEATED", fields=[
            bigquery.SchemaField("sku", "STRING"),
            bigquery.SchemaField("price", "NUMERIC"),
        ]),
    ]
    table = bq.create_table(bigquery.Table(f"{PROJECT}.clients.nested", schema=schema))
    assert table.schema == schema, table.schema
    orders = [
        {"id": 1, "tags": ["a", "b"], "lines": [{"sku": "x", "price": "1.50"}, {"sku": "y", "price": "2"}]},
        {"id": 2},
    ]
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", schema=schema)
    bq.load_table_from_json(orders, table, job_config=config).result()
    found = rows(bq.query("SELECT id, SUM(line.price), ARRAY_LENGTH(ANY_VALUE(tags)) FROM clients.nested, UNNEST(lines) AS line GROUP BY id"))
    assert found == [(1, decimal.Decimal("3.5"), 2)], found
    listed = {row["id"]: row for row in bq.list_rows(table)}
    assert listed[1]["lines"][0] == {"sku": "x", "price": decimal.Decimal("1.5")} and listed[2]["tags"] == [], listed
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ArrayQueryParameter("ids", "INT64", [1, 5]),
            bigquery.StructQueryParameter("s", bigquery.ScalarQueryParameter("name", "STRING", "n")),
        ]
    )
    assert rows(bq.query("SELECT id, @s.name FROM clients.nested WHERE id IN UNNEST(@ids)", job_config=config)) == [(1, "n")]
    names = rows(bq.query("SELECT column_name, data_type FROM clients.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'nested' ORDER BY ordinal_position"))
    assert names[2] == ("lines", "ARRAY<STRUCT<sku STRING, price NUMERIC>>"), names


def jobs(bq):
    name = f"clients_{uuid.uuid4()}"
    job = bq.query("SELECT 1 AS one", job_id=name, job_retry=None)
    assert rows(job) == [(1,)]
    # A job id is used up for ever; query() with an id of one's own says so.
    raises(exceptions.Conflict, "Already Exists: Job", lambda: bq.query("SELECT 2", job_id=name, job_retry=None, retry=None))
    again = bq.get_job(name)
    assert again.state == "DONE" and again.query == "SELECT 1 AS one"
    assert name in [job.job_id for job in bq.list_jobs(max_results=20)]
    cancelled = bq.cancel_job(name)
    assert cancelled.job_id == name and cancelled.state == "DONE"
    raises(exceptions.NotFound, "Not found: Job", lambda: bq.get_job("nothing"))
    dry = bq.query("SELECT 1 AS one", job_config=bigquery.QueryJobConfig(dry_run=True))
    assert dry.state == "DONE" and dry.total_bytes_processed == 0 and [f.name for f in dry.schema] == ["one"]
    raises(exceptions.BadRequest, "Syntax error", lambda: bq.query_and_wait("SELEC 1"))
    raises(exceptions.BadRequest, "Unrecognized name: nothing", lambda: bq.query_and_wait(f"SELECT nothing FROM {DATASET}.configuration"))
    raises(exceptions.NotFound, "nothing", lambda: bq.query_and_wait(f"SELECT 1 FROM {DATASET}.nothing"))


def running_job_is_cancelled(bq):
    # It would take for hours: the job runs until it is cancelled.
    many = "UNNEST(GENERATE_ARRAY(1, 1000000))"
    job = bq.query(f"SELECT COUNT(*) FROM {many} AS a WHERE (SELECT COUNT(*) FROM {many} AS b WHERE a = b) > 1")
    job.reload()
    assert job.state == "RUNNING", job.state
    job.cancel()
    raises(exceptions.GoogleAPICallError, "", lambda: job.result(timeout=60))
    job.reload()
    assert job.state == "DONE" and job.error_result["reason"] == "stopped", job.error_result


def loads(bq):
    table = f"{PROJECT}.clients.loaded"
    schema = [bigquery.SchemaField("id", "INTEGER"), bigquery.SchemaField("name", "STRING"), bigquery.SchemaField("day", "DATE")]
    config = bigquery.LoadJobConfig(source_format="CSV", skip_leading_rows=1, schema=schema)
    csv = io.BytesIO('id,name,day\n1,"a, ""b""",2024-01-02\n2,,2024-02-29\n'.encode())
    job = bq.load_table_from_file(csv, table, job_config=config)
    job.result()
    assert job.output_rows == 2, job.output_rows
    assert rows(bq.query("SELECT id, name, day FROM clients.loaded ORDER BY id")) == [
        (1, 'a, "b"', datetime.date(2024, 1, 2)),
        (2, None, datetime.date(2024, 2, 29)),
    ]
    bq.load_table_from_json([{"id": 3, "name": "c", "day": "2024-03-01"}], table).result()
    assert rows(bq.query("SELECT COUNT(*) FROM clients.loaded")) == [(3,)]
    config = bigquery.LoadJobConfig(source_format="CSV", schema=schema, write_disposition="WRITE_TRUNCATE")
    bq.load_table_from_file(io.BytesIO(b"9,z,2024-01-01\n"), table, job_config=config).result()
    assert rows(bq.query("SELECT id FROM clients.loaded")) == [(9,)]
    bad = bq.load_table_from_file(io.BytesIO(b"x,z,2024-01-01\n"), table, job_config=config)
    raises(exceptions.BadRequest, "", bad.result)
    assert rows(bq.query("SELECT id FROM clients.loaded")) == [(9,)], "a failed load changed the table"
    errors = bq.insert_rows_json(table, [{"id": 10, "name": "streamed"}])
    assert errors == []
    assert rows(bq.query("SELECT name FROM clients.loaded WHERE id = 10")) == [("streamed",)]
    errors = bq.insert_rows_json(table, [{"id": "eleven"}])
    assert errors and errors[0]["errors"][0]["reason"] == "invalid", errors
    job = bq.copy_table(table, f"{PROJECT}.clients.copied")
    job.result()
    assert bq.get_table(f"{PROJECT}.clients.copied").num_rows == 2


def results_go_to_a_table(bq):
    config = bigquery.QueryJobConfig(destination=f"{PROJECT}.clients.kept", write_disposition="WRITE_TRUNCATE")
    bq.query("SELECT 1 AS id, 'x' AS name", job_config=config).result()
    assert rows(bq.query("SELECT * FROM clients.kept")) == [(1, "x")]
    config = bigquery.QueryJobConfig(default_dataset=f"{PROJECT}.clients")
    assert rows(bq.query("SELECT name FROM kept", job_config=config)) == [("x",)]


def the_end(bq):
    raises(exceptions.BadRequest, "still in use", lambda: bq.delete_dataset("clients"))
    bq.delete_dataset("clients", delete_contents=True)
    raises(exceptions.NotFound, "Not found: Dataset", lambda: bq.get_dataset("clients"))


STEPS = [
    datasets_and_tables,
    tables_are_made_and_changed,
    paging,
    types,
    parameters,
    changes,
    merge,
    nested,
    jobs,
    running_job_is_cancelled,
    loads,
    results_go_to_a_table,
    the_end,
]

if __name__ == "__main__":
    bq = client()
    for step in STEPS:
        step(bq)
        print("ok", step.__name__, flush=True)
