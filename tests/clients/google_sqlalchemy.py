"""sqlalchemy-bigquery and pandas' to_sql and read_sql, unchanged: the endpoint comes in with the client.

Every step asserts values; the first wrong one ends the script. SANDBOX holds the sandbox's ready line.
"""

import datetime
import decimal
import json
import os

import pandas
import sqlalchemy as sa
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

READY = json.loads(os.environ["SANDBOX"])


def engine():
    client = bigquery.Client(
        project=READY["project"],
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=READY["bigquery"]),
    )
    client.create_dataset("alchemy", exists_ok=True)
    client.default_query_job_config = bigquery.QueryJobConfig(default_dataset=f"{READY['project']}.alchemy")
    # `user_supplied_client` keeps the dialect from making a client of its own.
    address = f"bigquery://{READY['project']}/alchemy?user_supplied_client=True"
    return sa.create_engine(address, connect_args={"client": client})


METADATA = sa.MetaData()
ORDERS = sa.Table(
    "orders",
    METADATA,
    sa.Column("id", sa.Integer, nullable=False),
    sa.Column("sku", sa.String),
    sa.Column("price", sa.Numeric),
    sa.Column("paid", sa.Boolean),
    sa.Column("day", sa.Date),
    sa.Column("at", sa.TIMESTAMP),
)
MOMENT = datetime.datetime(2026, 11, 1, 8, 0, tzinfo=datetime.timezone.utc)
ROWS = [
    {"id": 1, "sku": "pen", "price": decimal.Decimal("1.20"), "paid": True, "day": MOMENT.date(), "at": MOMENT},
    {"id": 2, "sku": "it's `ink`", "price": decimal.Decimal("7.5"), "paid": False, "day": None, "at": None},
]


def tables(db):
    METADATA.create_all(db)
    inspector = sa.inspect(db)
    assert "orders" in inspector.get_table_names(), inspector.get_table_names()
    columns = {column["name"]: str(column["type"]) for column in inspector.get_columns("orders")}
    assert columns["id"] == "INTEGER" and columns["at"] == "TIMESTAMP", columns
    assert "alchemy" in inspector.get_schema_names(), inspector.get_schema_names()


def bound_parameters(db):
    with db.begin() as connection:
        connection.execute(ORDERS.insert(), ROWS)
        found = connection.execute(sa.select(ORDERS).where(ORDERS.c.sku == "it's `ink`")).mappings().one()
        assert dict(found) == ROWS[1], found
        some = sa.select(ORDERS.c.id).where(ORDERS.c.id.in_([1, 2, 9])).order_by(ORDERS.c.id)
        assert connection.execute(some).scalars().all() == [1, 2]
        total = sa.select(sa.func.sum(ORDERS.c.price)).where(ORDERS.c.at.is_(None) | (ORDERS.c.at <= MOMENT))
        assert connection.execute(total).scalar() == decimal.Decimal("8.7")
        changed = connection.execute(ORDERS.update().where(ORDERS.c.id == 2).values(paid=True))
        assert changed.rowcount == 1, changed.rowcount
        text = sa.text("SELECT COUNT(*) FROM alchemy.orders WHERE paid = :paid AND price > :least")
        assert connection.execute(text, {"paid": True, "least": 1}).scalar() == 2
        connection.execute(ORDERS.delete().where(ORDERS.c.id == 2))
        assert connection.execute(sa.select(sa.func.count()).select_from(ORDERS)).scalar() == 1


def reflection(db):
    reflected = sa.Table("orders", sa.MetaData(), autoload_with=db)
    assert [column.name for column in reflected.columns] == [column.name for column in ORDERS.columns]
    configuration = sa.Table("configuration", sa.MetaData(), schema=READY["dataset"], autoload_with=db)
    with db.connect() as connection:
        active = sa.select(configuration.c.business_unit).where(configuration.c.is_active)
        assert len(connection.execute(active).all()) == 6


def frames(db):
    frame = pandas.DataFrame({"name": ["a", "b"], "size": [1, 2], "share": [0.5, None]})
    frame.to_sql("frame", db, index=False, if_exists="replace")
    frame.to_sql("frame", db, index=False, if_exists="append", method="multi")
    back = pandas.read_sql("SELECT name, SUM(size) AS size FROM alchemy.frame GROUP BY name ORDER BY name", db)
    assert back.to_dict("list") == {"name": ["a", "b"], "size": [2, 4]}, back
    one = pandas.read_sql(sa.text("SELECT share FROM alchemy.frame WHERE name = :name"), db, params={"name": "a"})
    assert one["share"].tolist() == [0.5, 0.5], one


if __name__ == "__main__":
    db = engine()
    for step in (tables, bound_parameters, reflection, frames):
        step(db)
        print(step.__name__, "holds")
