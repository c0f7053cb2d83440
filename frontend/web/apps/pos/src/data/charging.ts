/** A sale that the server makes, as its answers tell it; money that may have moved is never taken for lost. */

import type { SaleOut } from '@core/api/pos.d.ts'

export type Standing = 'paid' | 'asking' | 'failed' | 'cancelled' | 'unpaid'
export type Wallet = 'wechat' | 'alipay'

/** So long a provider wants between a charge and its reversal. */
export const CANCEL_AFTER_MS = 15_000
/** How long to wait before the next question: quick at first, then every few seconds. */
const WAITS_MS = [1_000, 1_500, 2_000, 3_000]

// The form of each wallet's code; it refuses a slip, it never chooses.
const CODES: Record<Wallet, RegExp> = { wechat: /^1[0-5][0-9]{16}$/, alipay: /^(?:(?:2[5-9]|30)[0-9]{14,22}|fp[0-9a-z]{33})$/ }

export function isCodeOf(wallet: Wallet, code: string): boolean {
  return CODES[wallet].test(code)
}

/** Say where a sale stands. Only an order that is paid is paid; an attempt whose end is open is being asked about. */
export function standing(sale: SaleOut): Standing {
  if (sale.order.state === 'paid' || sale.order.state === 'completed') return 'paid'
  if (sale.order.state === 'cancelled') return 'cancelled'
  if (sale.payments.some((one) => one.state === 'created' || one.state === 'asking' || one.state === 'paid')) return 'asking'
  return sale.payments.length > 0 ? 'failed' : 'unpaid'
}

export function pauseMs(turn: number): number {
  return WAITS_MS[Math.min(turn, WAITS_MS.length - 1)]!
}

/** Return how long it takes until the charge may be given up; 0: now. */
export function cancelInMs(chargedAt: number, now: number): number {
  return chargedAt === 0 ? 0 : Math.max(0, chargedAt + CANCEL_AFTER_MS - now)
}
