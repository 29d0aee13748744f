"""google-cloud-storage, unchanged, against the sandbox; then BigQuery loads what it wrote and it reads what BigQuery writes.

Only STORAGE_EMULATOR_HOST and anonymous credentials are set. Every step asserts values; the first wrong one
ends the script. SANDBOX holds the sandbox's ready line.
"""

import io
import json
import os

READY = json.loads(os.environ["SANDBOX"])
os.environ["STORAGE_EMULATOR_HOST"] = READY["bigquery"]
os.environ["BIGQUERY_EMULATOR_HOST"] = READY["bigquery"]

from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.cloud.storage.retry import DEFAULT_RETRY

PROJECT, DATASET = READY["project"], READY["dataset"]
BUCKET = "clients-were-here"


def raises(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in str(error), f"{words!r} is not in {error}"
        return error
    raise AssertionError(f"{kind.__name__} with {words!r} was expected")


def buckets(gcs):
    bucket = gcs.create_bucket(BUCKET, location="us-west1")
    assert bucket.location == "US-WEST1" and bucket.location_type == "region", bucket.location_type
    raises(exceptions.Conflict, "you already own it", lambda: gcs.create_bucket(BUCKET))
    assert BUCKET in [found.name for found in gcs.list_buckets()]
    assert gcs.lookup_bucket("nowhere-at-all") is None
    raises(exceptions.NotFound, "The specified bucket does not exist.", lambda: gcs.get_bucket("nowhere-at-all"))
    bucket.labels = {"team": "data"}
    bucket.patch()
    assert gcs.get_bucket(BUCKET).labels == {"team": "data"}
    assert bucket.test_iam_permissions(["storage.objects.get"]) == ["storage.objects.get"]


def small(gcs):
    blob = gcs.bucket(BUCKET).blob("small/héllo world.txt")
    blob.metadata = {"colour": "blue"}
    blob.upload_from_string("hello", content_type="text/plain", checksum="crc32c")
    assert blob.size == 5 and blob.md5_hash == "XUFAKrxLKna5cZ2REBfFkg==" and blob.crc32c == "mnG7TA=="
    found = gcs.bucket(BUCKET).get_blob("small/héllo world.txt")
    assert found.metadata == {"colour": "blue"} and found.content_type == "text/plain"
    assert found.generation == blob.generation and found.metageneration == 1
    assert found.download_as_bytes() == b"hello" and found.download_as_text() == "hello"
    assert found.download_as_bytes(start=1, end=3) == b"ell"
    assert found.download_as_bytes(raw_download=True, checksum="md5") == b"hello"
    empty = gcs.bucket(BUCKET).blob("small/empty")
    empty.upload_from_string(b"")
    assert empty.download_as_bytes() == b"" and empty.exists()


def conditions(gcs):
    blob = gcs.bucket(BUCKET).blob("small/once")
    blob.upload_from_string("1", if_generation_match=0)
    first = blob.generation
    words = "At least one of the pre-conditions you specified did not hold."
    raises(exceptions.PreconditionFailed, words, lambda: blob.upload_from_string("2", if_generation_match=0))
    blob.upload_from_string("2", if_generation_match=first)
    assert blob.generation > first
    raises(exceptions.NotModified, "", lambda: blob.reload(if_generation_not_match=blob.generation))
    raises(exceptions.NotFound, "No such object", lambda: gcs.bucket(BUCKET).blob("small/once", generation=first).reload())
    blob.metadata = {"k": "v"}
    blob.patch(if_metageneration_match=1)
    assert blob.metageneration == 2
    raises(exceptions.PreconditionFailed, words, lambda: blob.patch(if_metageneration_match=1))


def in_pieces(gcs):
    content = os.urandom(700_000)
    blob = gcs.bucket(BUCKET).blob("big/pieces", chunk_size=256 * 1024)
    blob.upload_from_file(io.BytesIO(content), content_type="application/x-noise")
    assert blob.size == len(content) and blob.content_type == "application/x-noise"
    assert blob.download_as_bytes() == content
    target = io.BytesIO()
    gcs.bucket(BUCKET).blob("big/pieces", chunk_size=256 * 1024).download_to_file(target)
    assert target.getvalue() == content
    # Without a known size the last piece says how much there was.
    stream = gcs.bucket(BUCKET).blob("big/stream", chunk_size=256 * 1024)
    with stream.open("wb") as file:
        for at in range(0, len(content), 100_000):
            file.write(content[at : at + 100_000])
    with stream.open("rb") as file:
        file.seek(300_000)
        assert file.read(10) == content[300_000:300_010]
    whole = gcs.bucket(BUCKET).blob("big/whole")
    whole.upload_from_file(io.BytesIO(content), size=len(content), retry=DEFAULT_RETRY)
    assert whole.crc32c == blob.crc32c == stream.crc32c


def lists(gcs):
    names = [blob.name for blob in gcs.list_blobs(BUCKET, prefix="small/")]
    assert names == ["small/empty", "small/héllo world.txt", "small/once"], names
    folders = gcs.list_blobs(BUCKET, delimiter="/")
    assert [blob.name for blob in folders] == [] and folders.prefixes == {"small/", "big/"}, folders.prefixes
    pages = [len(list(page)) for page in gcs.list_blobs(BUCKET, page_size=2).pages]
    assert pages == [2, 2, 2], pages
    assert [blob.name for blob in gcs.list_blobs(BUCKET, start_offset="small/h", end_offset="small/i")] == ["small/héllo world.txt"]
    assert [blob.name for blob in gcs.list_blobs(BUCKET, match_glob="**/s*")] == ["big/stream"]


def copies(gcs):
    bucket = gcs.bucket(BUCKET)
    copy = bucket.copy_blob(bucket.blob("small/once"), bucket, "copies/one")
    assert copy.metadata == {"k": "v"} and copy.download_as_bytes() == b"2"
    token, done, total = bucket.blob("copies/two").rewrite(bucket.blob("small/once"))
    assert (token, done, total) == (None, 1, 1)
    whole = bucket.blob("copies/whole")
    whole.compose([bucket.blob("copies/one"), bucket.blob("copies/two")])
    assert whole.download_as_bytes() == b"22" and whole.component_count == 2
    renamed = bucket.rename_blob(bucket.blob("copies/two"), "copies/three")
    assert renamed.exists() and not bucket.blob("copies/two").exists()
    renamed.delete()
    raises(exceptions.NotFound, f"No such object: {BUCKET}/copies/three", lambda: renamed.delete())
    raises(exceptions.NotFound, f"No such object: {BUCKET}/copies/three", lambda: renamed.download_as_bytes())
    with gcs.batch():
        bucket.delete_blobs([bucket.blob("copies/one"), bucket.blob("copies/whole")])
    assert not list(gcs.list_blobs(BUCKET, prefix="copies/"))
    missing = gcs.batch()
    try:
        with missing:
            bucket.blob("copies/one").delete()
    except exceptions.NotFound as error:
        assert "No such object" in str(error), error
    else:
        raise AssertionError("404 was expected in the batch")


def bigquery_reads_and_writes_it(gcs):
    bq = bigquery.Client(project=PROJECT, credentials=AnonymousCredentials())
    bucket = gcs.bucket(BUCKET)
    bucket.blob("load/1.csv").upload_from_string("id,name\n1,a\n2,b\n", content_type="text/csv")
    bucket.blob("load/2.csv").upload_from_string("id,name\n3,c\n", content_type="text/csv")
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.CSV,
        skip_leading_rows=1,
        schema=[bigquery.SchemaField("id", "INTEGER"), bigquery.SchemaField("name", "STRING")],
    )
    table = f"{PROJECT}.{DATASET}.from_storage"
    job = bq.load_table_from_uri(f"gs://{BUCKET}/load/*.csv", table, job_config=config)
    job.result()
    assert job.output_rows == 3 and job.input_files == 2, (job.output_rows, job.input_files)
    missing = bq.load_table_from_uri(f"gs://{BUCKET}/nothing.csv", table, job_config=config)
    raises(exceptions.NotFound, "Not found", missing.result)
    config = bigquery.ExtractJobConfig(destination_format="NEWLINE_DELIMITED_JSON")
    bq.extract_table(table, f"gs://{BUCKET}/extract/rows-*.json", job_config=config).result()
    (blob,) = gcs.list_blobs(BUCKET, prefix="extract/")
    rows = sorted(json.loads(line)["name"] for line in blob.download_as_text().splitlines())
    assert blob.name == "extract/rows-000000000000.json" and rows == ["a", "b", "c"], (blob.name, rows)


def the_end(gcs):
    bucket = gcs.bucket(BUCKET)
    raises(exceptions.Conflict, "The bucket you tried to delete is not empty.", bucket.delete)
    bucket.delete(force=True)
    assert gcs.lookup_bucket(BUCKET) is None


if __name__ == "__main__":
    client = storage.Client(project=PROJECT, credentials=AnonymousCredentials())
    for step in (buckets, small, conditions, in_pieces, lists, copies, bigquery_reads_and_writes_it, the_end):
        step(client)
        print("ok", step.__name__, flush=True)
