"""The run page of renewals, below renewals/."""

from django.urls import URLPattern, URLResolver, path

from orders.views import renewals

urlpatterns: list[URLPattern | URLResolver] = [
    path("", renewals.renewal_page, name="renewals"),
    path("rows/", renewals.renewal_rows, name="renewal_rows"),
    path("preflight/", renewals.renewal_preflight, name="renewal_preflight"),
    path("findings/", renewals.renewal_findings, name="renewal_findings"),
    path("run/", renewals.renewal_run, name="renewal_run"),
    path("parked/again/", renewals.renewal_replay, name="renewal_replay"),
    path("parked/<int:pk>/<slug:deed>/", renewals.renewal_decide, name="renewal_decide"),
    path("stop/", renewals.renewal_stop, name="renewal_stop"),
    path("stops/<int:pk>/lift/", renewals.renewal_lift, name="renewal_lift"),
]
