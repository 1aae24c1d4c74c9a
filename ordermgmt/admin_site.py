"""The admin zone: master data and look-up for operators, themed to the portal."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    site_header = _("Admin zone")
    site_title = _("Admin zone")
    index_title = _("Records")
    site_url = "/"
