"""Keys and accounts for the provider tests: made once, worthless elsewhere."""

from datetime import UTC, datetime

import pytest

from quanyu.modules.payments.providers.alipay.gateway import AlipayGateway
from quanyu.modules.payments.providers.wechatpay.gateway import WechatPayGateway
from quanyu.modules.payments.simulators import keys as simulator_keys

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture(scope="session")
def keys():
    return simulator_keys.generate()


@pytest.fixture(scope="session")
def wechatpay(keys):
    return WechatPayGateway(simulator_keys.wechatpay_config(keys, "http://127.0.0.1:9"), clock=lambda: NOW)


@pytest.fixture(scope="session")
def alipay(keys):
    return AlipayGateway(simulator_keys.alipay_config(keys, "http://127.0.0.1:9"), clock=lambda: NOW)
