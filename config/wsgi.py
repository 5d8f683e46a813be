"""The door for gunicorn (and runserver). Whoever comes through it also watches that posts are sent (config.alarm)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from config.alarm import ALARM  # noqa: E402 (needs the apps, which are loaded by now)

ALARM.start()  # only a process that serves pages imports this module: no command, no worker
