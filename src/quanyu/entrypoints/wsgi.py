"""Django as a WSGI application: everything that is not a hot route."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from quanyu.platform import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanyu.entrypoints.settings")
application = get_wsgi_application()
logs.configure(settings.CONFIG.log_level)
