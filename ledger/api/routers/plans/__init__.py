"""`/v1/plans`: advice from verified records, for partners and auditors."""

from fastapi import APIRouter

from ledger.api.routers.plans import goods, route, warehouses

router = APIRouter(prefix="/v1/plans", tags=["plans"])
for part in (route, goods, warehouses):
    router.include_router(part.router)
