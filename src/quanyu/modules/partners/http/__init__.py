"""The partners' API: old tills hand in what they sold and took back, and ask what a store has."""

from __future__ import annotations

from quanyu.modules.partners.http import auth, entries, stock
from quanyu.platform import http

api = http.make_api(
    title="Quanyu partners / 全域合作方接口",
    namespace="partner",
    auth=auth.partner_token,
    description=(
        "For other software that sells beside us, such as the tills that a chain still has. `Authorization: Bearer` "
        "carries the partner's token; every request is signed: `X-Quanyu-Signature` is the HMAC-SHA-256 (hexadecimal, "
        "key: the partner's secret) of method, path with query, `X-Quanyu-Timestamp` (seconds), `X-Quanyu-Nonce` (16 "
        "to 64 letters and digits, new for each request) and the SHA-256 of the body, each ended by a line feed. "
        "Amounts in fen, quantities in base units (pieces, or grams of weighed goods).\n\n"
        "供仍在使用的旧收银系统等外部软件并行接入：上报销售、退货与盘点，查询门店库存。"
        "`Authorization: Bearer` 为合作方令牌；每个请求都要签名：`X-Quanyu-Signature` 为以下五行"
        "（每行以换行符结尾）的 HMAC-SHA-256（十六进制，密钥为合作方密钥）：请求方法、含查询串的路径、"
        "`X-Quanyu-Timestamp`（秒）、`X-Quanyu-Nonce`（16 至 64 位字母数字，每次不同）、正文的 SHA-256。"
        "金额单位为分，数量为基本单位（件，称重商品为克）。"
    ),
)
for _room in (entries, stock):
    api.add_router("", _room.router)

urls = api.urls
