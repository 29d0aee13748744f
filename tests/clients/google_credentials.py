"""Ordinary Google credentials against the sandbox: a service account's key, a refresh token, a machine's metadata server.

Only addresses are set (token_uri, GCE_METADATA_HOST, the endpoints). Every step asserts values; the first wrong
one ends the script. SANDBOX holds the sandbox's ready line.
"""

import json
import os
import tempfile
import urllib.request

READY = json.loads(os.environ["SANDBOX"])
BASE = READY["bigquery"]
HOST = BASE.removeprefix("http://")
os.environ["GCE_METADATA_HOST"] = HOST
os.environ["GCE_METADATA_IP"] = HOST
os.environ["CLOUDSDK_CONFIG"] = tempfile.mkdtemp()

import google.auth
import google.auth.transport.requests
import requests
from google.api_core.client_options import ClientOptions
from google.auth import exceptions
from google.cloud import bigquery, storage
from google.oauth2 import credentials as user

from service_account import key_file

PROJECT = READY["project"]
OPTIONS = ClientOptions(api_endpoint=BASE)
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def control(method, path, body=None):
    request = urllib.request.Request(BASE + path, method=method, data=body and body.encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def both_apis(credentials):
    bq = bigquery.Client(project=PROJECT, credentials=credentials, client_options=OPTIONS)
    assert [tuple(row) for row in bq.query_and_wait("SELECT 1")] == [(1,)]
    gcs = storage.Client(project=PROJECT, credentials=credentials, client_options=OPTIONS)
    assert f"{PROJECT}-landing" in [bucket.name for bucket in gcs.list_buckets()]
    return bq, gcs


def a_key():
    os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = key_file(BASE, PROJECT)
    credentials, project = google.auth.default(scopes=SCOPES)
    assert project == PROJECT, project
    both_apis(credentials)
    del os.environ["GOOGLE_APPLICATION_CREDENTIALS"]


def a_machine():
    credentials, project = google.auth.default(scopes=SCOPES)
    assert project == PROJECT, project
    both_apis(credentials)
    assert credentials.service_account_email == f"sandbox@{PROJECT}.iam.gserviceaccount.com"


def tokens_that_are_over():
    made = user.Credentials(None, refresh_token="x", token_uri=f"{BASE}/token", client_id="i", client_secret="s", scopes=SCOPES)
    bq, gcs = both_apis(made)
    first = made.token
    control("POST", "/sandbox/expire-tokens")
    for url in (f"{BASE}/bigquery/v2/projects", f"{BASE}/storage/v1/b?project={PROJECT}", f"{READY['cdap']}/v3/namespaces"):
        refused = requests.get(url, headers={"Authorization": f"Bearer {first}"})
        assert refused.status_code == 401 and "WWW-Authenticate" in refused.headers, (url, refused.status_code)
    # The clients get themselves a new one and go on.
    assert [tuple(row) for row in bq.query_and_wait("SELECT 2")] == [(2,)]
    assert made.token != first
    second = made.token
    assert gcs.lookup_bucket("nowhere-at-all") is None and made.token == second


def a_token_endpoint_that_says_no():
    rule = """
        [[request]]
        service = "accounts"
        operation = "grant"
        answer = 400
        content_type = "application/json"
        text = '{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}'
    """
    control("PUT", "/sandbox/scenario", rule)
    made = user.Credentials(None, refresh_token="x", token_uri=f"{BASE}/token", client_id="i", client_secret="s")
    try:
        made.refresh(google.auth.transport.requests.Request())
    except exceptions.RefreshError as error:
        assert "Token has been expired or revoked." in str(error), error
    else:
        raise AssertionError("a refusal was expected")
    control("DELETE", "/sandbox/scenario")


if __name__ == "__main__":
    for step in (a_key, a_machine, tokens_that_are_over, a_token_endpoint_that_says_no):
        step()
        print("ok", step.__name__, flush=True)
