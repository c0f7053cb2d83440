"""What the property tests of the API documents ask with: a member, a cashier, a head of office."""

from __future__ import annotations

import pytest

from tests.harness import identity
from tests.harness.chain import Chain, make_chain
from tests.harness.clients import MallClient, TillClient
from tests.harness.kiosk import KioskClient


@pytest.fixture(scope="session")
def chain() -> Chain:
    return make_chain()


@pytest.fixture(scope="session")
def mall_headers(chain: Chain) -> dict[str, str]:
    return {"Authorization": f"Bearer {MallClient().sign_in().token}"}


@pytest.fixture(scope="session")
def pos_headers(chain: Chain) -> dict[str, str]:
    till = TillClient(chain.store).sign_in(chain.manager)
    till.open_shift()
    return {"Authorization": f"Bearer {till.token}", "X-Staff-Token": till.staff_token}


@pytest.fixture(scope="session")
def kiosk_headers(chain: Chain) -> dict[str, str]:
    return {"Authorization": f"Bearer {KioskClient(chain.store).token}"}


@pytest.fixture(scope="session")
def staff_headers(chain: Chain) -> dict[str, str]:
    manager = identity.make_person("store_manager", unit_id=chain.store.unit.id)
    return {"Authorization": f"Bearer {identity.token_for(manager)}"}
