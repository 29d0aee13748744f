"""Makes the discovery documents in this folder: Google's own, cut to the methods that the sandbox has.

    python trim.py FOLDER    # googleapiclient/discovery_cache/documents of google-api-python-client (Apache-2.0)

Descriptions are taken out; what a method needs (parameters, schemas) stays as it is.
"""

import json
import pathlib
import sys

KEPT = {
    "datafusion.v1": None,
    "datafusion.v1beta1": None,
    "bigquery.v2": {
        "projects": {"list"},
        "datasets": {"list", "insert", "get", "delete", "patch", "update"},
        "tables": {"list", "insert", "get", "delete", "patch", "update"},
        "tabledata": {"list", "insertAll"},
        "jobs": {"insert", "list", "get", "cancel", "delete", "query", "getQueryResults"},
    },
    "storage.v1": {
        "buckets": {
            *("list", "insert", "get", "delete", "patch", "update"),
            *("getIamPolicy", "setIamPolicy", "testIamPermissions", "getStorageLayout"),
        },
        "objects": {"list", "insert", "get", "delete", "patch", "update", "copy", "rewrite", "compose", "move"},
    },
}
# Of Data Fusion, what is not there.
MISSING = {"namespaces", "removeIamPolicy", "upgrade"}
TOLD = ("description", "enumDescriptions", "icons", "documentationLink", "endpoints", "mtlsRootUrl", "version_module")


def plain(value):
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name not in TOLD or isinstance(part, dict)}
    return [plain(part) for part in value] if isinstance(value, list) else value


def without_missing(resource):
    for kind in ("methods", "resources"):
        parts = {name: part for name, part in resource.get(kind, {}).items() if name not in MISSING}
        if parts:
            resource[kind] = parts
        else:
            resource.pop(kind, None)
    for part in resource.get("resources", {}).values():
        without_missing(part)


def schemas_of(value, all_schemas, found):
    if isinstance(value, dict):
        name = value.get("$ref")
        if isinstance(name, str) and name not in found:
            found.add(name)
            schemas_of(all_schemas[name], all_schemas, found)
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            schemas_of(part, all_schemas, found)


for name, kept in KEPT.items():
    document = plain(json.loads((pathlib.Path(sys.argv[1]) / f"{name}.json").read_text()))
    if kept is None:
        without_missing(document)
    else:
        document["resources"] = {
            resource: {"methods": {method: document["resources"][resource]["methods"][method] for method in sorted(methods)}}
            for resource, methods in kept.items()
        }
    found = set()
    schemas_of(document["resources"], document["schemas"], found)
    document["schemas"] = {schema: document["schemas"][schema] for schema in sorted(found)}
    pathlib.Path(__file__).with_name(f"{name}.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
