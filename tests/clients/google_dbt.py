"""dbt-bigquery, unchanged, against the sandbox: `api_endpoint` in the profile is all that leads to it.

The project is in `dbt/`. Every step asserts what is in the tables then, counted by another client; the first wrong value ends
the script. SANDBOX holds the sandbox's ready line.
"""

import datetime
import decimal
import json
import os
import pathlib
import tempfile

READY = json.loads(os.environ["SANDBOX"])
PROJECT = pathlib.Path(__file__).parent / "dbt"
WORK = tempfile.TemporaryDirectory()
os.environ.update(
    SANDBOX_PROJECT=READY["project"],
    SANDBOX_BIGQUERY=READY["bigquery"],
    DBT_TARGET_PATH=f"{WORK.name}/target",
    DBT_LOG_PATH=f"{WORK.name}/logs",
)

from dbt.cli.main import dbtRunner  # noqa: E402
from google.api_core.client_options import ClientOptions  # noqa: E402
from google.auth.credentials import AnonymousCredentials  # noqa: E402
from google.cloud import bigquery  # noqa: E402

CLIENT = bigquery.Client(
    project=READY["project"],
    credentials=AnonymousCredentials(),
    client_options=ClientOptions(api_endpoint=READY["bigquery"]),
)
D = decimal.Decimal
FIRST, SECOND = datetime.date(2026, 11, 1), datetime.date(2026, 11, 2)


def dbt(command, failures=0, **variables):
    """Runs a command; its results by the names of the nodes."""
    arguments = [command, "--quiet", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    if variables:
        arguments += ["--vars", json.dumps(variables)]
    ended = dbtRunner().invoke(arguments)
    assert ended.exception is None, ended.exception
    if command == "debug":
        assert ended.success
        return {}
    results = {result.node.name: (result.status, result.message) for result in ended.result}
    bad = {name: result for name, result in results.items() if result[0] not in ("success", "pass")}
    assert len(bad) == failures and ended.success == (failures == 0), bad
    return results


def rows(sql):
    return [tuple(row.values()) for row in CLIENT.query(sql).result()]


def debug():
    dbt("debug")


def seed():
    dbt("seed")
    assert rows("SELECT sku, price, since FROM dbt_shop.prices ORDER BY sku") == [
        ("ink", 7.5, datetime.date(2026, 2, 1)),
        ("pen", 1.2, FIRST.replace(month=1)),
    ]


def tables():
    dbt("run")
    orders = CLIENT.get_table("dbt_shop.orders")
    assert orders.num_rows == 2 and orders.description == "Orders of the shop", orders.to_api_repr()
    assert orders.schema[0].description == "The number on the bill", orders.schema
    assert CLIENT.get_table("dbt_shop.revenue").table_type == "VIEW"
    assert rows("SELECT * FROM dbt_shop.days ORDER BY day") == [(FIRST, D("3.6"), 1), (SECOND, D("7.5"), 1)]


def incremental():
    """The newest day is merged over, and the other is left as it was."""
    dbt("run", round=2)
    assert rows("SELECT * FROM dbt_shop.days ORDER BY day") == [(FIRST, D("3.6"), 1), (SECOND, D("7.5"), 2)]


def test():
    assert len(dbt("test")) == 5
    CLIENT.query("INSERT INTO dbt_shop.orders (id, sku) VALUES (1, 'pin')").result()
    failed = dbt("test", failures=3)
    assert failed["unique_orders_id"][0] == "fail", failed
    CLIENT.query("DELETE FROM dbt_shop.orders WHERE sku = 'pin'").result()


def snapshot():
    dbt("snapshot")
    dbt("snapshot", rise=1)
    found = rows("SELECT sku, price, dbt_valid_to IS NULL FROM dbt_shop.prices_snapshot ORDER BY sku, price")
    assert found == [("ink", 7.5, False), ("ink", 8.5, True), ("pen", 1.2, False), ("pen", 2.2, True)], found


if __name__ == "__main__":
    for step in (debug, seed, tables, incremental, test, snapshot):
        step()
        print(step.__name__, "holds", flush=True)
