"""Addresses of inventory pages."""

from django.urls import URLPattern, URLResolver, path, re_path

from inventory.views import counts, items, master, memberships, overview, stock, warehouses

urlpatterns: list[URLPattern | URLResolver] = [
    path("inventory/", overview.item_list, name="inventory_list"),
    path("items/new/", master.item_new, name="item_new"),
    path("items/<str:code>/", items.item_detail, name="item_detail"),
    path("items/<str:code>/peek/", overview.item_peek, name="item_peek"),
    path("items/<str:code>/ledger/", items.item_ledger, name="item_ledger"),
    path("items/<str:code>/codes/", items.item_codes, name="item_codes"),
    path("items/<str:code>/codes/<int:pk>/remove/", items.item_code_remove, name="item_code_remove"),
    path("items/<str:code>/changes/", items.item_changes, name="item_changes"),
    path("items/<str:code>/parts/", items.item_parts, name="item_parts"),
    path("items/<str:code>/edit/", master.item_edit, name="item_edit"),
    path("items/<str:code>/label/", master.item_label_pdf, name="item_label"),
    path("items/<str:code>/adjust/", stock.item_adjust, name="item_adjust"),
    path("items/<str:code>/move/", stock.item_move, name="item_move"),
    path("items/<str:code>/receive/", stock.item_receive, name="item_receive"),
    path("items/<str:code>/count/", stock.item_count, name="item_count"),
    re_path(
        r"^items/(?P<code>[^/]+)/actions/(?P<deed>discontinue|bring-back)/$", items.item_status, name="item_status"
    ),
    path("counts/", counts.count_list, name="count_list"),
    path("counts/new/", counts.count_new, name="count_new"),
    path("counts/places/<int:pk>/", counts.count_place, name="count_place"),
    path("counts/<int:pk>/", counts.count_decide, name="count_decide"),
    path("scan/count/", counts.count_find, name="scan_count"),
    path("settings/people/<int:pk>/warehouses/", memberships.person_warehouses, name="person_warehouses"),
    path("warehouses/", warehouses.warehouse_list, name="warehouse_list"),
    path("warehouses/new/", warehouses.warehouse_new, name="warehouse_new"),
    path("warehouses/<str:code>/", warehouses.warehouse_detail, name="warehouse_detail"),
    path("warehouses/<str:code>/edit/", warehouses.warehouse_edit, name="warehouse_edit"),
    path("warehouses/<str:code>/bins/", warehouses.bins_add, name="bins_add"),
    path("warehouses/<str:code>/bins/<int:pk>/", warehouses.bin_edit, name="bin_edit"),
    path("warehouses/<str:code>/closures/", warehouses.closure_add, name="closure_add"),
    path("warehouses/<str:code>/closures/<int:pk>/remove/", warehouses.closure_remove, name="closure_remove"),
    path("warehouses/<str:code>/zones/", warehouses.zone_add, name="zone_add"),
    path("warehouses/<str:code>/zones/<int:pk>/remove/", warehouses.zone_remove, name="zone_remove"),
]
