"""Every list of the portal: filters, sort, keyset pages, saved views, columns and export, by declaration."""

from ordermgmt.listing.columns import Column
from ordermgmt.listing.filters import ListFilters
from ordermgmt.listing.pages import Bulk, Empty, ListPage
from ordermgmt.listing.tabs import View

__all__ = ["Bulk", "Column", "Empty", "ListFilters", "ListPage", "View"]
