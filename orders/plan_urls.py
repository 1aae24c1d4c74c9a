"""Pages of plans and promotion codes, below plans/."""

from django.urls import URLPattern, URLResolver, path

from orders.views import plan_editor, plans, price_changes, promotions

urlpatterns: list[URLPattern | URLResolver] = [
    path("", plans.plan_list, name="plan_list"),
    path("new/", plan_editor.plan_new, name="plan_new"),
    path("preview/", plan_editor.plan_preview, name="plan_preview"),
    path("promotions/", promotions.promotion_list, name="promotion_list"),
    path("promotions/new/", promotions.promotion_new, name="promotion_new"),
    path("promotions/<str:code>/", promotions.promotion_switch, name="promotion_switch"),
    path("changes/<str:number>/", price_changes.price_change, name="price_change"),
    path("changes/<str:number>/start/", price_changes.price_change_start, name="price_change_start"),
    path("changes/<str:number>/cancel/", price_changes.price_change_cancel, name="price_change_cancel"),
    path("changes/<str:number>/keep/<int:pk>/", price_changes.price_change_keep, name="price_change_keep"),
    path("<str:number>/", plans.plan_detail, name="plan_detail"),
    path("<str:number>/edit/", plan_editor.plan_edit, name="plan_edit"),
    path("<str:number>/publish/", plan_editor.plan_publish, name="plan_publish"),
    path("<str:number>/discard/", plans.plan_discard, name="plan_discard"),
    path("<str:number>/archive/", plans.plan_archive, name="plan_archive"),
    path("<str:number>/restore/", plans.plan_restore, name="plan_restore"),
    path("<str:number>/prices/", price_changes.price_change_new, name="price_change_new"),
]
