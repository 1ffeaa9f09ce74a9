"""Twin of Instagram for professional accounts."""

from fastapi import APIRouter

from sandbox.instagram import comments, hashtags, insights, media, publishing
from sandbox.meta import batch, login
from sandbox.meta.errors import refuse_fault
from sandbox.twin import Twin

router = APIRouter()
for part in (batch, login, hashtags, insights, comments, publishing, media):
    router.include_router(part.router)

twin = Twin("instagram", router, refuse_fault, has_loose_slash=True)
