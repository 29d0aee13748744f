"""Avro and Parquet between the sandbox and those who know them: pandas and google-cloud-bigquery, pyarrow, fastavro.

What they write is loaded, what is exported they read, value for value. SANDBOX holds the sandbox's ready line.
"""

import datetime
import decimal
import io

import fastavro
import pandas
import pyarrow
import pyarrow.parquet
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from google_bigquery import PROJECT, READY, client, raises, rows

UTC = datetime.timezone.utc
MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 59, 500000, UTC)
LOCAL = datetime.datetime(1999, 12, 31, 1, 2, 3, 4)
DAY, CLOCK, PRICE = datetime.date(1815, 12, 10), datetime.time(23, 59, 59, 999999), decimal.Decimal("-1234.500000001")
SELECT = "SELECT id, flag, ratio, price, name, raw, day, clock, local, moment, tags, spot.x, ARRAY_LENGTH(way) FROM files.{} ORDER BY id"
FULL = (1, True, 0.1, PRICE, "ü😀", b"\0\xff", DAY, CLOCK, LOCAL, MOMENT, ["a", ""], 1.5, 2)
EMPTY = (2, None, None, None, None, None, None, None, None, None, [], None, 0)


def load(bq, table, content, form, **options):
    config = bigquery.LoadJobConfig(source_format=form, **options)
    job = bq.load_table_from_file(io.BytesIO(content), f"{PROJECT}.files.{table}", job_config=config)
    job.result()
    return job


def frames(bq):
    frame = pandas.DataFrame(
        {
            "id": [1, 2],
            "name": ["a", None],
            "ratio": [1.5, float("nan")],
            "flag": pandas.array([True, None], dtype="boolean"),
            "moment": pandas.to_datetime([MOMENT, None]),
            "tags": [["x", "y"], []],
        }
    )
    table = f"{PROJECT}.files.frame"
    job = bq.load_table_from_dataframe(frame, table)
    job.result()
    assert job.output_rows == 2
    found = rows(bq.query("SELECT id, name, ratio, flag, moment, tags FROM files.frame ORDER BY id"))
    assert found == [(1, "a", 1.5, True, MOMENT, ["x", "y"]), (2, None, None, None, None, [])], found
    schema = [
        bigquery.SchemaField("id", "INTEGER", "REQUIRED"),
        bigquery.SchemaField("day", "DATE"),
        bigquery.SchemaField("price", "NUMERIC"),
        bigquery.SchemaField("local", "DATETIME"),
    ]
    given = pandas.DataFrame({"id": [7], "day": [DAY], "price": [PRICE], "local": [LOCAL]})
    bq.load_table_from_dataframe(given, f"{PROJECT}.files.given", job_config=bigquery.LoadJobConfig(schema=schema)).result()
    assert rows(bq.query("SELECT * FROM files.given")) == [(7, DAY, PRICE, LOCAL)]
    assert [field.mode for field in bq.get_table(f"{PROJECT}.files.given").schema][:2] == ["REQUIRED", "NULLABLE"]
    back = bq.query("SELECT id, name, day FROM files.frame LEFT JOIN files.given USING (id) ORDER BY id").to_dataframe(create_bqstorage_client=False)
    assert list(back["id"]) == [1, 2] and back["name"][0] == "a", back


def parquet(bq):
    spot = pyarrow.struct([("x", pyarrow.float64()), ("marks", pyarrow.list_(pyarrow.string()))])
    schema = pyarrow.schema(
        [
            pyarrow.field("id", pyarrow.int32(), nullable=False),
            ("flag", pyarrow.bool_()),
            ("ratio", pyarrow.float64()),
            ("price", pyarrow.decimal128(30, 9)),
            ("name", pyarrow.string()),
            ("raw", pyarrow.binary()),
            ("day", pyarrow.date32()),
            ("clock", pyarrow.time64("us")),
            ("local", pyarrow.timestamp("us")),
            ("moment", pyarrow.timestamp("ns", tz="UTC")),
            ("tags", pyarrow.list_(pyarrow.string())),
            ("spot", spot),
            ("way", pyarrow.list_(spot)),
        ]
    )
    way = [{"x": None, "marks": []}, {"x": 2.0, "marks": ["b", "c"]}]
    full = [1, True, 0.1, PRICE, "ü😀", b"\0\xff", DAY, CLOCK, LOCAL, MOMENT, ["a", ""], {"x": 1.5, "marks": None}, way]
    empty = [2] + [None] * 9 + [[], None, []]
    columns = [pyarrow.array(pair, type=field.type) for pair, field in zip(zip(full, empty), schema)]
    options = bigquery.ParquetOptions()
    options.enable_list_inference = True
    for name, settings in {
        "snappy": {},
        "gzip": {"compression": "gzip", "version": "1.0"},
        "plain": {"compression": "none", "use_dictionary": False, "data_page_version": "2.0"},
    }.items():
        content = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_arrays(columns, schema=schema), content, **settings)
        load(bq, name, content.getvalue(), "PARQUET", parquet_options=options)
        assert rows(bq.query(SELECT.format(name))) == [FULL, EMPTY], (name, rows(bq.query(SELECT.format(name))))
    marks = rows(bq.query("SELECT STRING_AGG(mark) FROM files.snappy, UNNEST(way) AS step, UNNEST(step.marks) AS mark"))
    assert marks == [("b,c",)], marks
    # Without the inference a list is the groups that it is made of.
    load(bq, "groups", content.getvalue(), "PARQUET")
    found = rows(bq.query("SELECT ARRAY(SELECT item.element FROM UNNEST(tags.list) AS item) FROM files.groups WHERE id = 1"))
    assert found == [(["a", ""],)], found
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"id": [1]}), content, compression="zstd")
    raises(exceptions.BadRequest, "not supported by the sandbox", lambda: load(bq, "zstd", content.getvalue(), "PARQUET"))
    raises(exceptions.BadRequest, "not in Parquet format", lambda: load(bq, "csv", b"id\n1\n", "PARQUET"))


def avro(bq):
    maybe = lambda kind: ["null", kind]
    spot = {"type": "record", "name": "Spot", "fields": [{"name": "x", "type": maybe("float")}, {"name": "marks", "type": {"type": "array", "items": "string"}}]}
    kinds = {
        "id": "int",
        "flag": maybe("boolean"),
        "ratio": maybe("double"),
        "price": maybe({"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 9}),
        "name": maybe("string"),
        "raw": maybe({"type": "fixed", "name": "Two", "size": 2}),
        "day": maybe({"type": "int", "logicalType": "date"}),
        "clock": maybe({"type": "long", "logicalType": "time-micros"}),
        "local": maybe({"type": "string", "logicalType": "datetime"}),
        "moment": maybe({"type": "long", "logicalType": "timestamp-millis"}),
        "tags": {"type": "array", "items": "string"},
        "spot": maybe(spot),
        "way": {"type": "array", "items": "Spot"},
    }
    schema = {"type": "record", "name": "Row", "namespace": "n", "fields": [{"name": name, "type": kind} for name, kind in kinds.items()]}
    way = [{"x": None, "marks": []}, {"x": 2.0, "marks": ["b", "c"]}]
    full = dict(zip(kinds, [1, True, 0.1, PRICE, "ü😀", b"\0\xff", DAY, CLOCK, LOCAL.isoformat(), MOMENT, ["a", ""], {"x": 1.5, "marks": []}, way]))
    empty = dict.fromkeys(kinds) | {"id": 2, "tags": [], "way": []}
    for codec in ["null", "deflate", "snappy"]:
        content = io.BytesIO()
        fastavro.writer(content, schema, [full, empty], codec=codec)
        load(bq, f"avro_{codec}", content.getvalue(), "AVRO", use_avro_logical_types=True)
        found = rows(bq.query(SELECT.format(f"avro_{codec}")))
        assert found == [FULL, EMPTY], found
    load(bq, "raw_types", content.getvalue(), "AVRO")
    found = rows(bq.query("SELECT day, moment FROM files.raw_types WHERE id = 1"))
    assert found == [((DAY - datetime.date(1970, 1, 1)).days, int(MOMENT.timestamp() * 1000))], found
    # More rows go into the same table; a column that it has in another type does not.
    load(bq, "avro_null", content.getvalue(), "AVRO", use_avro_logical_types=True)
    assert bq.get_table(f"{PROJECT}.files.avro_null").num_rows == 4
    raises(exceptions.BadRequest, "has changed type", lambda: load(bq, "avro_null", content.getvalue(), "AVRO"))
    assert bq.get_table(f"{PROJECT}.files.avro_null").num_rows == 4
    raises(exceptions.BadRequest, "Apache Avro library failed", lambda: load(bq, "csv", b"id\n1\n", "AVRO"))


def exports(bq):
    endpoint = {"api_endpoint": READY["bigquery"]}
    bucket = storage.Client(project=PROJECT, credentials=AnonymousCredentials(), client_options=endpoint).create_bucket("clients-files")
    table = f"{PROJECT}.files.snappy"

    def export(name, form, compression, **options):
        config = bigquery.ExtractJobConfig(destination_format=form, compression=compression, **options)
        bq.extract_table(table, f"gs://clients-files/{name}", job_config=config).result()
        return io.BytesIO(bucket.blob(name).download_as_bytes())

    way = [{"x": None, "marks": []}, {"x": 2.0, "marks": ["b", "c"]}]
    for compression in ["NONE", "DEFLATE", "SNAPPY"]:
        records = sorted(fastavro.reader(export(f"{compression}.avro", "AVRO", compression, use_avro_logical_types=True)), key=lambda record: record["id"])
        record = records[0]
        assert record["day"] == DAY and record["clock"] == CLOCK and record["moment"] == MOMENT, record
        assert record["price"] == PRICE and record["raw"] == b"\0\xff" and record["local"][:19] == LOCAL.isoformat()[:19], record
        assert record["tags"] == ["a", ""] and record["way"] == way and record["spot"]["x"] == 1.5, record
        assert records[1]["name"] is None and records[1]["way"] == [], records[1]
    plain = next(iter(fastavro.reader(export("plain.avro", "AVRO", "NONE"))))
    assert isinstance(plain["moment"], int) and isinstance(plain["day"], str), plain
    for compression in ["NONE", "SNAPPY", "GZIP"]:
        content = pyarrow.parquet.read_table(export(f"{compression}.parquet", "PARQUET", compression))
        assert not content.schema.field("id").nullable and content.schema.field("price").type == pyarrow.decimal128(38, 9)
        record = sorted(content.to_pylist(), key=lambda record: record["id"])[0]
        assert record["day"] == DAY and record["clock"] == CLOCK and record["local"] == LOCAL and record["moment"] == MOMENT, record
        assert record["price"] == PRICE and record["tags"] == ["a", ""] and record["way"] == way, record
    config = bigquery.ExtractJobConfig(destination_format="AVRO", compression="GZIP")
    raises(exceptions.GoogleAPICallError, "GZIP of AVRO", lambda: bq.extract_table(table, "gs://clients-files/x", job_config=config).result())
    # What was exported is loaded again.
    options = bigquery.ParquetOptions()
    options.enable_list_inference = True
    uri, config = "gs://clients-files/SNAPPY.parquet", bigquery.LoadJobConfig(source_format="PARQUET", parquet_options=options)
    bq.load_table_from_uri(uri, f"{PROJECT}.files.again", job_config=config).result()
    assert rows(bq.query(SELECT.format("again"))) == [FULL, EMPTY]


if __name__ == "__main__":
    made = client()
    made.create_dataset(f"{PROJECT}.files")
    for step in [frames, parquet, avro, exports]:
        step(made)
        print("ok", step.__name__, flush=True)
