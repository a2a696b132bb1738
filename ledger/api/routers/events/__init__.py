"""`/v1/events` and `/v1/webhooks`: the log as events, to ask for, to follow, and to have delivered."""

from fastapi import APIRouter

from ledger.api.routers.events import following, webhooks

router = APIRouter()
router.include_router(following.router)
router.include_router(webhooks.router)
