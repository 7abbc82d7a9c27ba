"""Prints the runs in a database of MLflow as JSON: `python3 mlflow_runs.py URI`."""

import json
import logging
import sys

import mlflow

logging.getLogger("mlflow").setLevel(logging.WARNING)
client = mlflow.MlflowClient(tracking_uri=sys.argv[1])


def artifacts(run, path=None):
    for file in client.list_artifacts(run, path):
        yield from artifacts(run, file.path) if file.is_dir else [file.path]


def history(run, metric):
    points = client.get_metric_history(run, metric)
    return [[point.step, point.value, point.timestamp] for point in sorted(points, key=lambda point: point.step)]


runs = []
for experiment in client.search_experiments():
    for run in client.search_runs([experiment.experiment_id]):
        runs.append({
            "experiment": experiment.name,
            "name": run.info.run_name,
            "id": run.info.run_id,
            "status": run.info.status,
            "started": run.info.start_time,
            "ended": run.info.end_time,
            "parent": run.data.tags.get("mlflow.parentRunId"),
            "parameters": run.data.params,
            "metrics": {metric: history(run.info.run_id, metric) for metric in run.data.metrics},
            "artifacts": sorted(artifacts(run.info.run_id)),
        })
print(json.dumps(sorted(runs, key=lambda run: (run["experiment"], run["name"]))))
