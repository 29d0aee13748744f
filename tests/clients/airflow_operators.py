"""Airflow's Data Fusion and BigQuery operators, unchanged, against the sandbox: endpoints and credentials are set.

The first part is a DAG, run by Airflow itself; the second asks single operators what they make of failures.
Every step asserts values; the first wrong one ends the script. SANDBOX holds the sandbox's ready line.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context

from service_account import key_file

READY = json.loads(os.environ["SANDBOX"])
PROJECT, LOCATION, INSTANCE = READY["project"], READY["location"], READY["instance"]

# What is deferred asks for a token by itself, so there are ordinary credentials, whose tokens the sandbox gives.
home = tempfile.mkdtemp()
KEY = key_file(READY["bigquery"], PROJECT)
os.environ.update(
    AIRFLOW_HOME=home,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
    AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT=json.dumps(
        {"conn_type": "google_cloud_platform", "extra": {"key_path": KEY, "project": PROJECT}}
    ),
    BIGQUERY_EMULATOR_HOST=READY["bigquery"],
    DATAFUSION_EMULATOR_HOST=READY["datafusion"],
    STORAGE_EMULATOR_HOST=READY["bigquery"],
    GOOGLE_APPLICATION_CREDENTIALS=KEY,
)
subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

import pendulum
from airflow import DAG
from airflow.exceptions import AirflowException
from airflow.operators.python import PythonOperator
from airflow.providers.google.cloud.hooks.datafusion import PipelineStates
from airflow.providers.google.cloud.operators.bigquery import (
    BigQueryGetDataOperator,
    BigQueryInsertJobOperator,
)
from airflow.providers.google.cloud.operators.datafusion import (
    CloudDataFusionCreateInstanceOperator,
    CloudDataFusionCreatePipelineOperator,
    CloudDataFusionDeleteInstanceOperator,
    CloudDataFusionDeletePipelineOperator,
    CloudDataFusionGetInstanceOperator,
    CloudDataFusionListPipelinesOperator,
    CloudDataFusionRestartInstanceOperator,
    CloudDataFusionStartPipelineOperator,
    CloudDataFusionStopPipelineOperator,
    CloudDataFusionUpdateInstanceOperator,
)
from airflow.providers.google.cloud.operators.gcs import (
    GCSCreateBucketOperator,
    GCSDeleteObjectsOperator,
    GCSListObjectsOperator,
)
from airflow.providers.google.cloud.sensors.datafusion import CloudDataFusionPipelineStateSensor
from airflow.providers.google.cloud.sensors.gcs import GCSObjectExistenceSensor
from airflow.providers.google.cloud.transfers.bigquery_to_gcs import BigQueryToGCSOperator
from airflow.providers.google.cloud.transfers.gcs_to_bigquery import GCSToBigQueryOperator
from airflow.providers.google.cloud.transfers.local_to_gcs import LocalFilesystemToGCSOperator

import sandbox_endpoint  # noqa: F401

PLACE = {"project_id": PROJECT, "location": LOCATION, "instance_name": INSTANCE}
LAB = {"name": "lab-plugins", "version": "1.0.0", "scope": "SYSTEM"}
WORK = tempfile.mkdtemp()
with open(f"{WORK}/in.csv", "w") as rows:
    rows.write("7,seven\n8,eight\n")


def pipeline():
    """A pipeline of the lab's plugins: an action that sleeps or fails, then lines from a file to a folder."""

    def stage(name, plugin, kind, properties):
        return {"name": name, "plugin": {"name": plugin, "type": kind, "label": name, "artifact": LAB, "properties": properties}}

    return {
        "artifact": {"name": "cdap-data-pipeline", "version": "6.11.0", "scope": "SYSTEM"},
        "config": {
            "engine": "mapreduce",
            "stages": [
                stage("act", "LabAction", "action", {"sleepMillis": "${sleep}", "fail": "${fail}"}),
                stage("src", "LabSource", "batchsource", {"path": "${input}"}),
                stage("sink", "LabSink", "batchsink", {"path": "${output}"}),
            ],
            "connections": [{"from": "act", "to": "src"}, {"from": "src", "to": "sink"}],
        },
    }


def arguments(name, sleep="0", fail=""):
    with open(f"{WORK}/in.txt", "w") as file:
        file.write("a\nb\nc\n")
    return {"input": f"{WORK}/in.txt", "output": f"{WORK}/{name}", "sleep": sleep, "fail": fail}


def written(name):
    with open(f"{WORK}/{name}/part-m-00000") as file:
        return file.read().split()


TABLE = f"{PROJECT}.{READY['dataset']}.from_airflow"


def check(ti):
    """What the tasks before handed on."""
    listed = [app["name"] for app in ti.xcom_pull(task_ids="list")]
    assert "from_airflow" in listed and READY["pipeline"] in listed, listed
    assert ti.xcom_pull(task_ids="get")["apiEndpoint"] == READY["cdap"]
    assert written("blocking") == ["a", "b", "c"] == written("async") == written("deferred")
    assert ti.xcom_pull(task_ids="objects") == ["in/1.csv"], ti.xcom_pull(task_ids="objects")
    assert ti.xcom_pull(task_ids="left") == ["out/rows.csv"], ti.xcom_pull(task_ids="left")
    assert ti.xcom_pull(task_ids="read") == [["1", "x"], ["2", "y"]], ti.xcom_pull(task_ids="read")


with DAG("sandbox", start_date=pendulum.datetime(2024, 1, 1), schedule=None) as dag:
    tasks = [
        CloudDataFusionGetInstanceOperator(task_id="get", **PLACE),
        CloudDataFusionCreatePipelineOperator(task_id="create", pipeline_name="from_airflow", pipeline=pipeline(), **PLACE),
        CloudDataFusionListPipelinesOperator(task_id="list", **PLACE),
        CloudDataFusionStartPipelineOperator(
            task_id="blocking",
            pipeline_name="from_airflow",
            runtime_args=arguments("blocking"),
            success_states=[PipelineStates.COMPLETED],
            pipeline_timeout=120,
            **PLACE,
        ),
        CloudDataFusionStartPipelineOperator(
            task_id="deferred",
            pipeline_name="from_airflow",
            runtime_args=arguments("deferred"),
            success_states=[PipelineStates.COMPLETED],
            deferrable=True,
            poll_interval=1,
            **PLACE,
        ),
        CloudDataFusionStartPipelineOperator(
            task_id="async",
            pipeline_name="from_airflow",
            runtime_args=arguments("async"),
            asynchronous=True,
            **PLACE,
        ),
        CloudDataFusionPipelineStateSensor(
            task_id="sensor",
            pipeline_name="from_airflow",
            pipeline_id="{{ ti.xcom_pull(task_ids='async') }}",
            expected_statuses=[PipelineStates.COMPLETED],
            failure_statuses=[PipelineStates.FAILED, PipelineStates.KILLED],
            poke_interval=1,
            timeout=60,
            **PLACE,
        ),
        BigQueryInsertJobOperator(
            task_id="make",
            project_id=PROJECT,
            location="US",
            configuration={"query": {"query": f"CREATE TABLE `{TABLE}` (id INT64, name STRING)", "useLegacySql": False}},
        ),
        BigQueryInsertJobOperator(
            task_id="fill",
            project_id=PROJECT,
            location="US",
            configuration={"query": {"query": f"INSERT INTO `{TABLE}` VALUES (1, 'x'), (2, 'y')", "useLegacySql": False}},
        ),
        BigQueryGetDataOperator(
            task_id="read",
            table_project_id=PROJECT,
            job_project_id=PROJECT,
            dataset_id=READY["dataset"],
            table_id="from_airflow",
            max_results=10,
            use_legacy_sql=False,
        ),
        GCSCreateBucketOperator(task_id="bucket", bucket_name="from-airflow", project_id=PROJECT),
        LocalFilesystemToGCSOperator(task_id="upload", src=f"{WORK}/in.csv", dst="in/1.csv", bucket="from-airflow"),
        GCSObjectExistenceSensor(task_id="there", bucket="from-airflow", object="in/1.csv", deferrable=True, poke_interval=1),
        GCSListObjectsOperator(task_id="objects", bucket="from-airflow", prefix="in/"),
        GCSToBigQueryOperator(
            task_id="load",
            project_id=PROJECT,
            bucket="from-airflow",
            source_objects=["in/*.csv"],
            destination_project_dataset_table=TABLE,
            schema_fields=[{"name": "id", "type": "INTEGER"}, {"name": "name", "type": "STRING"}],
            write_disposition="WRITE_TRUNCATE",
        ),
        BigQueryToGCSOperator(
            task_id="extract",
            project_id=PROJECT,
            source_project_dataset_table=TABLE,
            destination_cloud_storage_uris=["gs://from-airflow/out/rows.csv"],
        ),
        GCSDeleteObjectsOperator(task_id="drop", bucket_name="from-airflow", prefix="in/"),
        GCSListObjectsOperator(task_id="left", bucket="from-airflow"),
        PythonOperator(task_id="check", python_callable=check),
    ]
    for before, after in zip(tasks, tasks[1:]):
        before >> after


class Instance:
    """What an operator asks of its task instance when it is run alone."""

    task_id = "alone"
    dag_id = "sandbox"
    run_id = "alone"
    map_index = -1
    try_number = 1

    def xcom_push(self, *arguments, **named):
        pass


def alone(operator):
    ti = Instance()
    ti.task = operator
    context = {"ti": ti, "task_instance": ti, "task": operator, "logical_date": pendulum.now(), "params": {}}
    return operator.execute(context)


def raises(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in str(error), f"{words!r} is not in {error}"
        return
    raise AssertionError(f"{kind.__name__} with {words!r} was expected")


def start(task, name, pipeline_name="from_airflow", **more):
    return CloudDataFusionStartPipelineOperator(task_id=task, pipeline_name=pipeline_name, runtime_args=arguments(name, **more), asynchronous=True, **PLACE)


def state(run, *expected, pipeline_name="from_airflow"):
    sensor = CloudDataFusionPipelineStateSensor(
        task_id=f"wait_{time.monotonic_ns()}",
        pipeline_name=pipeline_name,
        pipeline_id=run,
        expected_statuses=list(expected),
        failure_statuses=[PipelineStates.FAILED],
        poke_interval=0.5,
        timeout=60,
        mode="poke",
        **PLACE,
    )
    return alone(sensor)


def failures():
    waiting = CloudDataFusionStartPipelineOperator(
        task_id="waits",
        pipeline_name="from_airflow",
        runtime_args=arguments("waits", fail="on purpose"),
        success_states=[PipelineStates.COMPLETED],
        **PLACE,
    )
    run = alone(start("fails", "fails", fail="on purpose"))
    raises(AirflowException, "FAILED", lambda: state(run, PipelineStates.COMPLETED))
    # The words that an operator sees of a start that waits.
    raises(ValueError, "Pipeline from_airflow state FAILED is not one of ['COMPLETED']", lambda: alone(waiting))
    raises(AirflowException, "", lambda: state("0c2c0f9e-0000-11f1-8000-020000000001", PipelineStates.COMPLETED))
    nowhere = CloudDataFusionStartPipelineOperator(task_id="nowhere", pipeline_name="nowhere", asynchronous=True, **PLACE)
    raises(Exception, "404", lambda: alone(nowhere))
    duplicate = BigQueryInsertJobOperator(
        task_id="again",
        project_id=PROJECT,
        location="US",
        configuration={"query": {"query": f"CREATE TABLE `{TABLE}` (id INT64)", "useLegacySql": False}},
    )
    raises(Exception, "Already Exists", lambda: alone(duplicate))


def stop_and_delete():
    """Of a pipeline of its own, because a stop ends all runs of a pipeline."""
    name = "from_airflow_too"
    alone(CloudDataFusionCreatePipelineOperator(task_id="create", pipeline_name=name, pipeline=pipeline(), **PLACE))
    run = alone(start("long", "long", pipeline_name=name, sleep="600000"))
    assert state(run, PipelineStates.RUNNING, pipeline_name=name) is None
    # Airflow's operator stops every run of the pipeline.
    alone(CloudDataFusionStopPipelineOperator(task_id="stop", pipeline_name=name, **PLACE))
    state(run, PipelineStates.KILLED, pipeline_name=name)
    alone(CloudDataFusionDeletePipelineOperator(task_id="delete", pipeline_name=name, **PLACE))
    left = alone(CloudDataFusionListPipelinesOperator(task_id="left", **PLACE))
    assert name not in [app["name"] for app in left]


def instances():
    place = {**PLACE, "instance_name": "made-by-airflow"}
    made = alone(CloudDataFusionCreateInstanceOperator(task_id="make", instance={"type": "BASIC", "displayName": "x"}, **place))
    assert made["state"] == "RUNNING" and made["apiEndpoint"] == READY["cdap"], made
    # An instance that is there already is no failure: 409, and the operator takes what there is.
    again = alone(CloudDataFusionCreateInstanceOperator(task_id="again", instance={"type": "BASIC"}, **place))
    assert again["displayName"] == "x" and again["name"] == made["name"], again
    change = CloudDataFusionUpdateInstanceOperator(
        task_id="change", instance={"displayName": "y", "labels": {"a": "b"}}, update_mask="displayName,labels", **place
    )
    alone(change)
    alone(CloudDataFusionRestartInstanceOperator(task_id="restart", **place))
    changed = alone(CloudDataFusionGetInstanceOperator(task_id="changed", **place))
    assert (changed["state"], changed["displayName"], changed["labels"]) == ("RUNNING", "y", {"a": "b"}), changed
    alone(CloudDataFusionDeleteInstanceOperator(task_id="drop_instance", **place))


if __name__ == "__main__":
    run = dag.test()
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    assert all(state == "success" for state in states.values()), states
    print("ok dag", flush=True)
    # Airflow waits for whole minutes between its looks; two at once wait no longer than one.
    fork = get_context("fork")
    steps = [fork.Process(target=step, name=step.__name__) for step in (failures, stop_and_delete, instances)]
    for step in steps:
        step.start()
    for step in steps:
        step.join()
        print("ok" if step.exitcode == 0 else "NOT ok", step.name, flush=True)
    sys.exit(any(step.exitcode for step in steps))
