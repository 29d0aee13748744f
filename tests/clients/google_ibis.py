"""ibis' BigQuery backend, unchanged: the endpoint comes in with the client.

Every step asserts values; the first wrong one ends the script. SANDBOX holds the sandbox's ready line.
"""

import datetime
import json
import os

import ibis
import pandas
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

READY = json.loads(os.environ["SANDBOX"])


def connect():
    client = bigquery.Client(
        project=READY["project"],
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=READY["bigquery"]),
    )
    client.create_dataset("ibis", exists_ok=True)
    con = ibis.bigquery.connect(client=client, credentials=AnonymousCredentials(), dataset_id="ibis")
    # ibis asks for large results, which are fetched over the BigQuery Storage API alone, and that is gRPC.
    client.default_query_job_config = bigquery.QueryJobConfig(default_dataset=f"{READY['project']}.ibis")
    return con


def catalog(con):
    assert READY["dataset"] in con.list_databases(), con.list_databases()
    assert "configuration" in con.list_tables(database=READY["dataset"])
    schema = con.table("configuration", database=READY["dataset"]).schema()
    assert str(schema["is_active"]) == "!boolean" and str(schema["priority"]) == "int64", schema


def expressions(con):
    configuration = con.table("configuration", database=READY["dataset"])
    assert configuration.count().execute() == 8
    active = configuration.filter(configuration.is_active).business_unit.nunique()
    assert active.execute() >= 1
    frame = (
        configuration.group_by("is_active").aggregate(rows=configuration.count()).order_by("is_active").execute()
    )
    assert frame["rows"].tolist() == [2, 6], frame
    table = configuration.select("business_unit", "priority").limit(3).to_pyarrow()
    assert table.num_rows == 3 and table.column_names == ["business_unit", "priority"]


def made_tables(con):
    frame = pandas.DataFrame(
        {"id": [1, 2, 3], "name": ["a", None, "c"], "at": pandas.to_datetime(["2026-11-01"] * 3, utc=True)}
    )
    con.create_table("people", schema=ibis.schema({"id": "int64", "name": "string", "at": "timestamp('UTC')"}))
    con.insert("people", frame)
    people = con.table("people")
    assert people.count().execute() == 3
    assert people.name.isnull().sum().execute() == 1
    joined = people.join(people.view(), "id").count()
    assert joined.execute() == 3
    ranked = people.mutate(rank=ibis.row_number().over(order_by=ibis.desc("id"))).order_by("id")
    assert ranked.execute()["rank"].tolist() == [2, 1, 0]
    lists = people.aggregate(ids=people.id.collect()).execute()
    assert sorted(lists["ids"][0]) == [1, 2, 3], lists
    assert people.at.max().execute() == pandas.Timestamp("2026-11-01", tz="UTC")
    con.create_view("named", people.filter(people.name.notnull()))
    assert con.table("named").count().execute() == 2
    # Its own drops leave the name out with this release of sqlglot.
    con.raw_sql("DROP VIEW ibis.named")
    con.raw_sql("DROP TABLE ibis.people")
    assert "people" not in con.list_tables()


def literals(con):
    assert con.execute(ibis.literal(datetime.date(2026, 11, 1))) == pandas.Timestamp("2026-11-01")
    assert con.execute(ibis.literal([1, 2]).length()) == 2
    memory = ibis.memtable({"n": [1, 2, 3]})
    assert con.execute(memory.n.sum()) == 6


if __name__ == "__main__":
    con = connect()
    for step in (catalog, expressions, made_tables, literals):
        step(con)
        print(step.__name__, "holds")
