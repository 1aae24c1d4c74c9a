"""The portal as gunicorn serves it, with an empty view beside its pages: for `bench.pages`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

from ordermgmt import urls  # noqa: E402

settings.DEBUG = False
settings.ROOT_URLCONF = "bench.site"
handler403, handler404, handler500 = urls.handler403, urls.handler404, urls.handler500


def empty(request: HttpRequest) -> HttpResponse:
    """What Django, our middleware and gunicorn cost without a page."""
    return HttpResponse("ok")


urlpatterns = [path("bench-empty/", empty), *urls.urlpatterns]
application = get_wsgi_application()
