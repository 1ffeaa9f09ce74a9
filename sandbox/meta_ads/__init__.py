"""Twin of the Marketing API: Facebook Ads and Instagram Ads."""

from fastapi import APIRouter

from sandbox.meta import batch
from sandbox.meta.errors import refuse_fault
from sandbox.meta_ads import audiences, conversions, reading, reports, writing
from sandbox.twin import Twin

router = APIRouter()
for part in (batch, audiences, conversions, reading, reports, writing):
    router.include_router(part.router)

twin = Twin("meta_ads", router, refuse_fault, has_loose_slash=True)
