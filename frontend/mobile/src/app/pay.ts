/**
 * Paying an order. In the mini-program WeChat's own sheet opens; in the browser the shopper goes to the provider's page
 * and comes back. What came of it is asked of the server: the phone's word about money counts for nothing.
 */
import type { PaymentStartedOut } from '@core/api/mall'
import { api } from './api'

export type Outcome = 'paid' | 'waiting' | 'open' | 'cancelled'
export type Tender = 'wechat' | 'alipay'

/** Open a payment and lead to where it is paid. Returns false when the shopper put the sheet away. */
export async function pay(orderId: string, tender: Tender): Promise<boolean> {
  // #ifdef MP-WEIXIN
  // Who pays is the openid of the session; the server knows it.
  const started = await api('post', '/orders/{order_id}/payments', { path: { order_id: orderId }, body: { tender, way: 'jsapi' } })
  return await sheet(started)
  // #endif
  // #ifdef H5
  const begun = await api('post', '/orders/{order_id}/payments', { path: { order_id: orderId }, body: { tender, way: 'h5', return_path: `/mall/#/order/pay/index?id=${orderId}&back=1` } })
  leave(begun)
  return true
  // #endif
}

// #ifdef MP-WEIXIN
function sheet(started: PaymentStartedOut): Promise<boolean> {
  const { timeStamp, nonceStr, package: prepared, signType, paySign } = started.invoke as Record<string, string>
  return new Promise((resolve) =>
    uni.requestPayment({
      provider: 'wxpay', orderInfo: {}, timeStamp: timeStamp!, nonceStr: nonceStr!, package: prepared!, signType: signType!, paySign: paySign!,
      success: () => resolve(true),
      fail: () => resolve(false),
    } as UniApp.RequestPaymentOptions),
  )
}
// #endif
// #ifdef H5
function leave(started: PaymentStartedOut): void {
  const address = started.redirect_url || started.cashier_url
  if (address !== '') location.assign(address)
}
// #endif

/** Ask what became of an order's payment; `check` also asks the provider (use it when the shopper comes back). */
export async function outcome(orderId: string, check = false): Promise<Outcome> {
  const path = { order_id: orderId }
  const found = check ? await api('post', '/orders/{order_id}/payments/check', { path }) : await api('get', '/orders/{order_id}/payments', { path })
  if (found.order_state === 'paid' || found.order_state === 'completed') return 'paid'
  if (found.order_state === 'cancelled') return 'cancelled'
  return found.payments.some((one) => one.state === 'asking' || one.state === 'created') ? 'waiting' : 'open'
}
