"""Points Airflow's Data Fusion hook at the sandbox: an Airflow plugin, or an import before the operators.

The hook has no setting for the address of the instance API (BigQuery's client has one of its own,
BIGQUERY_EMULATOR_HOST), so the one method that gives client options is told it here. Nothing else changes.
"""

import os

from airflow.plugins_manager import AirflowPlugin
from airflow.providers.google.cloud.hooks.datafusion import DataFusionHook
from google.api_core.client_options import ClientOptions


def client_options(self, api_endpoint_override=None):
    return ClientOptions(api_endpoint=os.environ["DATAFUSION_EMULATOR_HOST"])


DataFusionHook.get_client_options = client_options


class SandboxEndpoint(AirflowPlugin):
    name = "sandbox_endpoint"
