"""Pages of the frame itself."""

from django.urls import URLPattern, URLResolver, path

from ordermgmt.views import health, home, imports, messages, operations, papers, preferences, searching, styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("imports/", imports.import_list, name="import_list"),
    path("imports/new/<slug:slug>/", imports.import_new, name="import_new"),
    path("imports/forms/<slug:slug>/", imports.import_form, name="import_form"),
    path("imports/exports/<slug:slug>/", imports.export_file, name="export_file"),
    path("imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("imports/<int:pk>/apply/", imports.import_apply, name="import_apply"),
    path("imports/<int:pk>/errors/", imports.import_errors, name="import_errors"),
    path("jobs/", operations.job_list, name="job_list"),
    path("jobs/rows/", operations.job_rows, name="job_rows"),
    path("jobs/run/", operations.job_run, name="job_run"),
    path("jobs/runs/<int:pk>/", operations.run_detail, name="job_run_detail"),
    path("jobs/given-up/<str:label>/<int:pk>/", operations.job_retry, name="job_retry"),
    path("books/", operations.books, name="books"),
    path("books/prove/", operations.books_prove, name="books_prove"),
    path("messages/", messages.message_list, name="message_list"),
    path("messages/<int:pk>/", messages.message_detail, name="message_detail"),
    path("messages/<int:pk>/html/", messages.message_html, name="message_html"),
    path("messages/<int:pk>/resend/", messages.message_resend, name="message_resend"),
    path("papers/<slug:kind>/<str:number>/", papers.paper, name="paper"),
    path("preferences/theme/", preferences.choose_theme, name="choose_theme"),
    path("preferences/role/", preferences.choose_role, name="choose_role"),
    path("preferences/keys/", preferences.choose_keys, name="choose_keys"),
    path("search/", searching.search, name="search"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/<slug:page>/", styleguide.example, name="styleguide_example"),
]
