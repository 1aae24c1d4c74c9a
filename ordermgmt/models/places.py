"""The fields of a postal address, wherever one is kept."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PostalFields(models.Model):
    """A postal address as typed; `country` is ISO 3166-1 alpha-2."""

    name = models.CharField(_("name"), max_length=120, blank=True)
    company = models.CharField(_("company"), max_length=120, blank=True)
    line1 = models.CharField(_("street"), max_length=200, blank=True)
    line2 = models.CharField(_("street, continued"), max_length=200, blank=True)
    city = models.CharField(_("town"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)

    POSTAL_NAMES = ("name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone")

    class Meta:
        abstract = True

    def as_postal(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.POSTAL_NAMES}

    @property
    def one_line(self) -> str:
        place = " ".join(part for part in (self.postcode, self.city) if part)
        return ", ".join(part for part in (self.line1, self.line2, place, self.region, self.country) if part)
