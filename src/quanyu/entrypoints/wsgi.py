"""Django as a WSGI application: everything that is not a hot route."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanyu.entrypoints.settings")
application = get_wsgi_application()
