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

READY = json.loads(os.environ["SANDBOX"])
PROJECT, LOCATION, INSTANCE = READY["project"], READY["location"], READY["instance"]

home = tempfile.mkdtemp()
os.environ.update(
    AIRFLOW_HOME=home,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
    AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT=json.dumps(
        {"conn_type": "google_cloud_platform", "extra": {"is_anonymous": True, "project": PROJECT}}
    ),
    BIGQUERY_EMULATOR_HOST=READY["bigquery"],
    DATAFUSION_EMULATOR_HOST=READY["datafusion"],
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
    CloudDataFusionStartPipelineOperator,
    CloudDataFusionStopPipelineOperator,
)
from airflow.providers.google.cloud.sensors.datafusion import CloudDataFusionPipelineStateSensor

import sandbox_endpoint  # noqa: F401

PLACE = {"project_id": PROJECT, "location": LOCATION, "instance_name": INSTANCE}
LAB = {"name": "lab-plugins", "version": "1.0.0", "scope": "SYSTEM"}
WORK = tempfile.mkdtemp()


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
    assert written("blocking") == ["a", "b", "c"] == written("async")
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


def start(task, name, **more):
    return CloudDataFusionStartPipelineOperator(task_id=task, pipeline_name="from_airflow", runtime_args=arguments(name, **more), asynchronous=True, **PLACE)


def state(run, *expected):
    sensor = CloudDataFusionPipelineStateSensor(
        task_id=f"wait_{time.monotonic_ns()}",
        pipeline_name="from_airflow",
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
    run = alone(start("fails", "fails", fail="on purpose"))
    raises(AirflowException, "FAILED", lambda: state(run, PipelineStates.COMPLETED))
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
    run = alone(start("long", "long", sleep="600000"))
    assert state(run, PipelineStates.RUNNING) is None
    # Airflow's operator stops every run of the pipeline.
    alone(CloudDataFusionStopPipelineOperator(task_id="stop", pipeline_name="from_airflow", **PLACE))
    state(run, PipelineStates.KILLED)
    alone(CloudDataFusionDeletePipelineOperator(task_id="delete", pipeline_name="from_airflow", **PLACE))
    left = alone(CloudDataFusionListPipelinesOperator(task_id="left", **PLACE))
    assert "from_airflow" not in [app["name"] for app in left]


def instances():
    place = {**PLACE, "instance_name": "made-by-airflow"}
    made = alone(CloudDataFusionCreateInstanceOperator(task_id="make", instance={"type": "BASIC", "displayName": "x"}, **place))
    assert made["state"] == "RUNNING" and made["apiEndpoint"] == READY["cdap"], made
    alone(CloudDataFusionDeleteInstanceOperator(task_id="drop", **place))


if __name__ == "__main__":
    run = dag.test()
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    assert all(state == "success" for state in states.values()), states
    print("ok dag", flush=True)
    for step in (failures, stop_and_delete, instances):
        step()
        print("ok", step.__name__, flush=True)
