"""From a merchant's configuration to the gateway that speaks for it."""

from quanyu.modules.payments.providers.alipay.config import AlipayConfig
from quanyu.modules.payments.providers.alipay.gateway import AlipayGateway
from quanyu.modules.payments.providers.clock import Clock, system_clock
from quanyu.modules.payments.providers.gateway import Gateway
from quanyu.modules.payments.providers.transport import Transport
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig
from quanyu.modules.payments.providers.wechatpay.gateway import WechatPayGateway


def open_gateway(
    config: WechatPayConfig | AlipayConfig,
    *,
    transport: Transport | None = None,
    clock: Clock = system_clock,
) -> Gateway:
    """A gateway for this account; make it once per process and share it."""
    if isinstance(config, WechatPayConfig):
        return WechatPayGateway(config, transport=transport, clock=clock)
    return AlipayGateway(config, transport=transport, clock=clock)
