"""Twin of Facebook pages."""

from fastapi import APIRouter

from sandbox.facebook import comments, insights, pages, publishing
from sandbox.meta import batch, login
from sandbox.meta.errors import refuse_fault
from sandbox.twin import Twin

router = APIRouter()
for part in (batch, login, insights, comments, publishing, pages):
    router.include_router(part.router)

twin = Twin("facebook", router, refuse_fault, has_loose_slash=True)
