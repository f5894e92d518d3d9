"""The Celery application of beat, which sends tasks by their names and knows nothing of what they do."""

from workers.application import app, settings
from workers.schedule import beat_schedule

__all__ = ["app"]

app.conf.beat_schedule = beat_schedule(settings)
app.conf.beat_max_loop_interval = 1
# Celery reads a worker's modules before it starts beat too.
app.conf.imports = ["workers.task_metrics"]
