"""The Celery app and the whole beat table: everything that happens by the clock stands here.

Redis carries nudges only. What is due stands in PostgreSQL, so an emptied or absent broker loses nothing;
results are not kept, they would be a second truth.
"""

import gc
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init, worker_shutdown, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

app = Celery("substation")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=1,
    broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 30},
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    enable_utc=True,
    task_default_queue="default",
    task_routes={"posts.tasks.tick": {"queue": "delivery"}},
    worker_pool="threads",  # one pool of database connections for all; prefork opened 60
    worker_concurrency=4,  # one tick may wait for a slow platform while the next one runs
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    beat_schedule={
        # Expires: a worker that was away has one tick to do, not an hour of them.
        "tick": {"task": "posts.tasks.tick", "schedule": 1.0, "options": {"queue": "delivery", "expires": 5}},
        "remind": {"task": "posts.tasks.remind", "schedule": 30.0, "options": {"expires": 25}},
        "make-videos": {"task": "posts.tasks.make_videos", "schedule": 5.0, "options": {"expires": 4}},
        "resync-mirror": {
            "task": "divisions.tasks.resync_mirror",
            "schedule": crontab(hour=9, minute=17),  # before dawn in American zones
            "options": {"expires": 3600},
        },
        "renew-sign-ins": {
            "task": "divisions.tasks.renew_sign_ins",
            "schedule": 300.0,
            "options": {"expires": 240},
        },
        "send-mail": {  # one look at an index while nothing is owed
            "task": "divisions.tasks.send_mail",
            "schedule": 10.0,
            "options": {"expires": 8},
        },
        "send-sign-ups": {  # people wait for this mail with the page open
            "task": "posts.tasks.send_sign_ups",
            "schedule": 5.0,
            "options": {"expires": 4},
        },
        "tidy-lists": {
            "task": "posts.tasks.tidy_lists",
            "schedule": crontab(hour=10, minute=41),
            "options": {"expires": 3600},
        },
        "look-after-people": {  # the roster's gaps and the yearly reviews: an hour's delay is nothing to either
            "task": "divisions.tasks.look_after_people",
            "schedule": crontab(minute=37),
            "options": {"expires": 3000},
        },
        "settle-moves": {  # soon after midnight: what is begun on the last day has no owner with rights until then
            "task": "divisions.tasks.settle_moves",
            "schedule": 300.0,
            "options": {"expires": 240},
        },
        "forget-notices": {
            "task": "divisions.tasks.forget_notices",
            "schedule": crontab(hour=10, minute=51),
            "options": {"expires": 3600},
        },
        "look-ahead": {
            "task": "config.tasks.look_ahead",
            "schedule": 600.0,
            "options": {"expires": 540},
        },
        "watch-accounts": {  # each account once an hour; most minutes have few or none
            "task": "moderation.tasks.watch_accounts",
            "schedule": 60.0,
            "options": {"expires": 50},
        },
        "read-comments": {  # each account once an hour, bounded a minute like the look above
            "task": "moderation.tasks.read_comments",
            "schedule": 60.0,
            "options": {"expires": 50},
        },
        "open-rounds": {  # due by the day; an hour's delay is nothing to a round that opens two days ahead
            "task": "moderation.tasks.open_rounds",
            "schedule": crontab(minute=13),
            "options": {"expires": 3000},
        },
        "make-digests": {  # six in the morning where the department is, whatever its zone
            "task": "moderation.tasks.make_digests",
            "schedule": crontab(minute=2),
            "options": {"expires": 3000},
        },
        "check-accounts": {
            "task": "divisions.tasks.check_accounts",
            "schedule": crontab(hour=11, minute=3),  # before the first shift reads its desk
            "options": {"expires": 3600},
        },
    },
)
app.autodiscover_tasks()


@worker_init.connect  # not worker_ready: that one waits for the broker, and posts go out without it
def _look_by_itself(**kwargs: Any) -> None:
    from config.lookout import LOOKOUT  # needs the apps, which Celery's own handler has loaded by now
    from posts.services import pool

    pool.widen()
    gc.freeze()  # all that is loaded stays: not looked through again for every batch, a fifth of what a call cost
    gc.set_threshold(20_000)
    LOOKOUT.start()


@worker_shutting_down.connect
@worker_shutdown.connect
def _stop_looking(**kwargs: Any) -> None:
    from config.lookout import LOOKOUT

    LOOKOUT.stop()
