"""gcloud and bq, unchanged, against the sandbox; where the Cloud SDK is not installed nothing is tried, and that is said.

A configuration of its own, no credentials, and the addresses: nothing else is set. Every step asserts values; the
first wrong one ends the script. SANDBOX holds the sandbox's ready line.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

READY = json.loads(os.environ["SANDBOX"])
BASE, PROJECT, LOCATION = READY["bigquery"], READY["project"], READY["location"]
WORK = tempfile.mkdtemp()
ENVIRONMENT = {
    **os.environ,
    "CLOUDSDK_CONFIG": tempfile.mkdtemp(),
    "CLOUDSDK_CORE_PROJECT": PROJECT,
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "true",
    "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
    "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{BASE}/storage/v1/",
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAFUSION": f"{BASE}/",
}


def run(*words, fails=False):
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    assert (done.returncode != 0) == fails, (words, done.stdout, done.stderr)
    return done.stdout if not fails else done.stdout + done.stderr


def file(name, content):
    path = os.path.join(WORK, name)
    with open(path, "wb") as target:
        target.write(content)
    return path


def storage():
    gcs = lambda *words, **more: run("gcloud", "storage", *words, **more)
    gcs("buckets", "create", "gs://by-gcloud", "--location", "us-west1")
    assert "gs://by-gcloud/" in gcs("ls").split()
    noise = os.urandom(9 << 20)
    gcs("cp", file("small.csv", b"1,a\n2,b\n"), "gs://by-gcloud/in/small.csv")
    # More than 8 MiB goes in pieces.
    gcs("cp", file("big.bin", noise), "gs://by-gcloud/big.bin")
    assert gcs("ls", "gs://by-gcloud").split() == ["gs://by-gcloud/big.bin", "gs://by-gcloud/in/"]
    assert gcs("cat", "gs://by-gcloud/in/small.csv") == "1,a\n2,b\n"
    gcs("cp", "gs://by-gcloud/big.bin", f"{WORK}/back.bin")
    with open(f"{WORK}/back.bin", "rb") as back:
        assert back.read() == noise
    gcs("mv", "gs://by-gcloud/in/small.csv", "gs://by-gcloud/moved/small.csv")
    about = json.loads(gcs("objects", "describe", "gs://by-gcloud/moved/small.csv", "--format=json"))
    assert (about["size"], about["content_type"]) == (8, "text/csv"), about
    assert "not found: 404" in gcs("ls", "gs://nowhere-at-all", fails=True)
    assert "matched no objects" in gcs("cat", "gs://by-gcloud/none", fails=True)


def data_fusion():
    fusion = lambda *words, **more: run("gcloud", "beta", "data-fusion", *words, "--location", LOCATION, "--format=json", **more)
    (own,) = json.loads(fusion("instances", "list"))
    assert own["apiEndpoint"] == READY["cdap"] and own["state"] == "RUNNING", own
    made = json.loads(fusion("instances", "create", "by-gcloud", "--edition", "basic", "--async"))
    assert made["metadata"]["verb"] == "create", made
    listed = json.loads(fusion("operations", "list"))
    assert [found["name"] for found in listed] == [made["name"]], listed
    assert "NOT_FOUND" in fusion("instances", "describe", "nowhere", fails=True)


def big_query():
    empty = file("bigqueryrc", b"")
    front = ("bq", f"--bigqueryrc={empty}", "--nouse_google_auth", "--oauth_access_token=anything")
    bq = lambda *words, **more: run(*front, f"--api={BASE}", f"--project_id={PROJECT}", "--format=json", *words, **more)
    names = [found["tableReference"]["tableId"] for found in json.loads(bq("ls", READY["dataset"]))]
    assert "configuration" in names and "landing_committed" in names, names
    table = f"{READY['dataset']}.by_bq"
    bq("load", table, "gs://by-gcloud/moved/*.csv", "id:INTEGER,name:STRING")
    bq("load", table, file("more.csv", b"3,c\n"))
    rows = json.loads(bq("query", "--nouse_legacy_sql", f"SELECT id, name FROM {table} ORDER BY id"))
    assert [(row["id"], row["name"]) for row in rows] == [("1", "a"), ("2", "b"), ("3", "c")], rows
    assert len(json.loads(bq("head", "-n", "2", table))) == 2
    bq("extract", table, "gs://by-gcloud/out/rows.csv")
    assert "3,c" in run("gcloud", "storage", "cat", "gs://by-gcloud/out/rows.csv")
    assert "Unrecognized name: nothing" in bq("query", "--nouse_legacy_sql", "SELECT nothing", fails=True)
    bq("rm", "-f", "-t", table)
    assert "Not found: Table" in bq("show", table, fails=True)


def the_end():
    run("gcloud", "storage", "rm", "-r", "gs://by-gcloud")
    assert "gs://by-gcloud/" not in run("gcloud", "storage", "ls")


if __name__ == "__main__":
    if not (shutil.which("gcloud") and shutil.which("bq")):
        print("gcloud and bq are not installed: nothing was tried")
        sys.exit()
    for step in (storage, data_fusion, big_query, the_end):
        step()
        print("ok", step.__name__, flush=True)
