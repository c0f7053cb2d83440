"""The page where a person pays: one per provider, phone-sized, in Chinese or English."""

import re
from html import escape
from urllib.parse import urlencode, urlsplit

from quanyu.modules.payments.providers.alipay.amounts import to_yuan
from quanyu.modules.payments.simulators.book import State, Trade
from quanyu.modules.payments.simulators.wire import Request, Response

_WORDS = {
    "zh": {
        "wechatpay": "微信支付", "alipay": "支付宝", "simulated": "模拟收银台 · 不会扣款",
        "pay": "支付", "cancel": "取消",
        "order": "商户单号", "item": "商品", "paid": "支付成功", "closed": "订单已关闭", "expired": "订单已过期",
        "cancelled": "已取消支付", "again": "重新支付", "back": "返回商户",
        "other": "English", "refunded": "已退款", "absent": "订单不存在",
    },
    "en": {
        "wechatpay": "WeChat Pay", "alipay": "Alipay", "simulated": "Simulated cashier · no money moves", "pay": "Pay",
        "cancel": "Cancel", "order": "Order no.", "item": "Item", "paid": "Paid", "closed": "This order is closed",
        "expired": "This order has expired", "cancelled": "Payment cancelled", "again": "Try again",
        "back": "Back to the shop", "other": "中文", "refunded": "Refunded", "absent": "No such order",
    },
}  # fmt: skip
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# No backslashes, spaces or control characters: browsers read some of them as slashes.
_WEB_ADDRESS = re.compile(r"https?://[^\s\\\x00-\x1f\x7f]+")
_COLOURS = {"wechatpay": "#07c160", "alipay": "#1677ff"}
_STYLE = """
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:#f4f5f7;color:#1f2329;display:flex;justify-content:center;
 font:16px/1.5 -apple-system,"PingFang SC","Noto Sans SC","Microsoft YaHei",system-ui,sans-serif}
main{width:100%;max-width:420px;min-height:100vh;background:#fff;display:flex;flex-direction:column}
header{display:flex;justify-content:space-between;align-items:center;padding:14px 20px;
 color:#fff;background:var(--brand)}
header b{font-size:17px}header a{color:#fff;opacity:.85;font-size:14px;text-decoration:none}
.who{text-align:center;padding:44px 20px 0;color:#4e5969}
.sum{text-align:center;font-size:46px;font-weight:600;padding:6px 0 34px;font-variant-numeric:tabular-nums}
.sum small{font-size:26px;margin-right:4px}
dl{margin:0 20px auto;border-top:1px solid #eef0f2}
dl div{display:flex;justify-content:space-between;gap:20px;padding:13px 0;font-size:15px;
 border-bottom:1px solid #eef0f2}
dt{color:#6b7280;white-space:nowrap}dd{margin:0;text-align:right;overflow-wrap:anywhere}
.state{text-align:center;padding:6px 20px 28px;font-size:19px;font-weight:600;color:var(--brand)}
.state.grey{color:#6b7280}
.state.paid::before{content:"✓";display:block;width:56px;height:56px;margin:0 auto 12px;border-radius:50%;
 background:var(--brand);color:#fff;font-size:32px;line-height:56px}
form,.back{margin:14px 20px 0}
button,.back a{display:block;width:100%;padding:14px;border-radius:10px;font:inherit;font-size:18px;text-align:center;
 text-decoration:none;cursor:pointer;border:1px solid var(--brand);background:var(--brand);color:#fff}
button.quiet,form~.back a{background:#fff;color:#4e5969;border-color:#d5d9de}
button:focus-visible,a:focus-visible{outline:3px solid #f5a623;outline-offset:2px}
footer{text-align:center;color:#6b7280;font-size:13px;padding:22px}
"""


def language(request: Request) -> str:
    """`lang` of the address, else the browser's first wish, else Chinese."""
    asked = request.query.get("lang")
    if asked in _WORDS:
        return asked
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


def return_url(request: Request, trade: Trade) -> str:
    """Where the payer may go afterwards; only a plain web address, never a script."""
    url = request.query.get("redirect_url") or trade.return_url
    return url if _host(url) else ""


def is_merchants(url: str, trade: Trade) -> bool:
    """Whether the page may lead there by itself: to the merchant who made the trade, or to this machine.

    WeChat Pay knows its merchants' domains; here the addresses of the trade stand for them. To any other place the
    payer goes by a link that names it: the page of a provider must not carry him off to a stranger's.
    """
    return _host(url) in {_host(trade.return_url), _host(trade.notify_url), *_LOOPBACK} - {""}


def _host(url: str) -> str:
    """The host of a plain web address; empty for anything a browser might read in another way."""
    if not _WEB_ADDRESS.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return "" if parts.username is not None else parts.hostname or ""


def page(request: Request, trade: Trade, *, merchant: str, expired: bool) -> Response:
    """The page for the present state of a trade."""
    words = _WORDS[language(request)]
    state = _state(trade, expired=expired, cancelled=request.query.get("done") == "cancelled")
    back = return_url(request, trade)
    parts = [
        f'<p class="who">{escape(merchant)}</p>',
        f'<div class="sum"><small>¥</small>{to_yuan(trade.amount_fen)}</div>',
    ]
    if state:
        parts.append(f'<p class="state {"paid" if state == "paid" else "grey"}" role="status">{words[state]}</p>')
    parts.append(
        f"<dl><div><dt>{words['item']}</dt><dd>{escape(trade.subject)}</dd></div>"
        f"<div><dt>{words['order']}</dt><dd>{escape(trade.out_trade_no)}</dd></div></dl>"
    )
    if state in ("", "cancelled"):
        keep = escape(urlencode({**request.query, "lang": language(request)}))
        label = words["again"] if state else words["pay"]
        parts.append(
            f'<form class="pay" method="post" action="{_path(trade)}/pay?{keep}"><button>{label}</button></form>'
        )
        if not state:
            parts.append(
                f'<form method="post" action="{_path(trade)}/cancel?{keep}">'
                f'<button class="quiet">{words["cancel"]}</button></form>'
            )
    if state and back:
        label = words["back"] if is_merchants(back, trade) else _host(back)
        parts.append(f'<p class="back"><a href="{escape(back)}" rel="noreferrer">{escape(label)}</a></p>')
    by_itself = state == "paid" and back and is_merchants(back, trade)
    refresh = f'<meta http-equiv="refresh" content="3;url={escape(back)}">' if by_itself else ""
    return _document(request, trade.provider, "".join(parts), refresh=refresh)


def absent(request: Request, provider: str) -> Response:
    """The page for a number that nobody knows."""
    words = _WORDS[language(request)]
    body = f'<p class="who"></p><p class="state grey" role="status">{words["absent"]}</p>'
    return _document(request, provider, body, status=404)


def back_to_page(request: Request, trade: Trade, done: str) -> Response:
    """After a button: to the page again, so that a reload does not press it twice."""
    query = urlencode({**request.query, "done": done})
    return Response(status=303, headers={"Location": f"{_path(trade)}?{query}"})


def _path(trade: Trade) -> str:
    return f"/cashier/{trade.provider}/{trade.prepay_id}"


def _state(trade: Trade, *, expired: bool, cancelled: bool) -> str:
    if trade.refunds:
        return "refunded"
    if trade.state is State.SUCCESS:
        return "paid"
    if trade.state not in (State.NOTPAY, State.USERPAYING):
        return "closed"
    if expired:
        return "expired"
    return "cancelled" if cancelled else ""


def _document(request: Request, provider: str, body: str, *, refresh: str = "", status: int = 200) -> Response:
    tongue = language(request)
    words = _WORDS[tongue]
    other = urlencode({**request.query, "lang": "en" if tongue == "zh" else "zh"})
    html = (
        f'<!doctype html><html lang="{tongue}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{refresh}'
        f"<title>{words[provider]} · {words['simulated']}</title>"
        f"<style>:root{{--brand:{_COLOURS[provider]}}}{_STYLE}</style>"
        f'<main><header><b>{words[provider]}</b><a href="?{escape(other)}">{words["other"]}</a></header>'
        f"{body}<footer>{words['simulated']}</footer></main></html>"
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors *"
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
    }
    return Response(status=status, body=html.encode(), headers=headers)
