import os

import dj_database_url

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.auth", "library"]
DATABASES = {"default": dj_database_url.config(conn_max_age=600)}
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
