"""The reports we know by name, by where they come from."""

from ingestion.csv.layouts.ads import TABLES
from ingestion.csv.layouts.exports import EXPORTS
from ingestion.csv.layouts.layout import Layout, Part
from ingestion.csv.layouts.mail import MAIL_TABLES
from ingestion.csv.layouts.shop import SHOP_TABLES
from ingestion.csv.layouts.social import SOCIAL_TABLES

LAYOUTS: tuple[Layout, ...] = (*TABLES, *EXPORTS, *MAIL_TABLES, *SHOP_TABLES, *SOCIAL_TABLES)

__all__ = ["LAYOUTS", "Layout", "Part"]
