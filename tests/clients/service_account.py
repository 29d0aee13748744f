"""A service account's key file whose tokens come from the sandbox: an ordinary one, made here."""

import json
import os
import tempfile

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def key_file(base, project):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = os.path.join(tempfile.mkdtemp(), "key.json")
    about = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": f"me@{project}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{base}/token",
    }
    with open(path, "w") as file:
        json.dump(about, file)
    return path
