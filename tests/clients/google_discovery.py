"""googleapiclient, unchanged, with the documents in its package and with those that the sandbox serves.

Only endpoints and credentials are set. Every step asserts values; the first wrong one ends the script. SANDBOX
holds the sandbox's ready line.
"""

import json
import os

READY = json.loads(os.environ["SANDBOX"])

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

BASE, PROJECT = READY["datafusion"], READY["project"]
PLACE = f"projects/{PROJECT}/locations/{READY['location']}"


def packaged(api, version):
    options = ClientOptions(api_endpoint=BASE + {"bigquery": "/bigquery/v2/"}.get(api, ""))
    return build(api, version, credentials=AnonymousCredentials(), client_options=options, static_discovery=True)


def served(api, version):
    url = BASE + "/discovery/v1/apis/{api}/{apiVersion}/rest"
    return build(api, version, credentials=AnonymousCredentials(), discoveryServiceUrl=url, static_discovery=False)


def by_version(api, version):
    url = BASE + "/$discovery/rest?version={apiVersion}"
    return build(api, version, credentials=AnonymousCredentials(), discoveryServiceUrl=url, static_discovery=False)


def data_fusion(make):
    for version, healthy in (("v1", "ACTIVE"), ("v1beta1", "RUNNING")):
        instances = make("datafusion", version).projects().locations().instances()
        listed = instances.list(parent=PLACE, filter="type=DEVELOPER", orderBy="name").execute()
        assert [found["state"] for found in listed["instances"]] == [healthy], listed
        name = listed["instances"][0]["name"]
        policy = instances.getIamPolicy(resource=name).execute()
        policy["bindings"] = [{"role": "roles/datafusion.viewer", "members": ["user:me@example.com"]}]
        changed = instances.setIamPolicy(resource=name, body={"policy": policy}).execute()
        assert changed["bindings"] == policy["bindings"] and changed["etag"] != policy["etag"]
        asked = {"permissions": ["datafusion.instances.get"]}
        assert instances.testIamPermissions(resource=name, body=asked).execute() == asked
        try:
            instances.get(name=f"{PLACE}/instances/nowhere").execute()
        except HttpError as error:
            assert error.status_code == 404 and "was not found" in error.reason, error
        else:
            raise AssertionError("404 was expected")


def big_query(make):
    api = make("bigquery", "v2")
    answer = api.jobs().query(projectId=PROJECT, body={"query": "SELECT 1 AS one", "useLegacySql": False}).execute()
    assert answer["rows"] == [{"f": [{"v": "1"}]}], answer
    tables = api.tables().list(projectId=PROJECT, datasetId=READY["dataset"]).execute()
    assert "configuration" in [table["tableReference"]["tableId"] for table in tables["tables"]]


def storage(make):
    api = make("storage", "v1")
    bucket = f"by-{make.__name__}".replace("_", "-")
    api.buckets().insert(project=PROJECT, body={"name": bucket}).execute()
    media = MediaInMemoryUpload(b"x" * 300_000, "text/plain", chunksize=256 * 1024, resumable=True)
    made = api.objects().insert(bucket=bucket, name="a/b", media_body=media).execute()
    assert made["size"] == "300000" and made["contentType"] == "text/plain", made
    small = MediaInMemoryUpload(b"small", "text/plain")
    api.objects().insert(bucket=bucket, body={"name": "a/c"}, media_body=small).execute()
    assert api.objects().get_media(bucket=bucket, object="a/c").execute() == b"small"
    listed = api.objects().list(bucket=bucket, delimiter="/").execute()
    assert listed["prefixes"] == ["a/"] and "items" not in listed, listed
    for name in ("a/b", "a/c"):
        api.objects().delete(bucket=bucket, object=name).execute()
    api.buckets().delete(bucket=bucket).execute()


if __name__ == "__main__":
    # A packaged document's uploads go to Google whatever the endpoint is, so storage is tried with served ones.
    for make, steps in (
        (packaged, (data_fusion, big_query)),
        (served, (data_fusion, big_query, storage)),
        (by_version, (data_fusion, big_query)),
    ):
        for step in steps:
            step(make)
            print("ok", make.__name__, step.__name__, flush=True)
