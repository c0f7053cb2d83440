/** An order that was paid and still waits is given up at the till: why, what goes back, and the slip. */

import type { MemberOut, PlaceOut, SaleOut } from '@core/api/pos.d.ts'
import { formatYuan } from '@core/money.ts'
import { formatQuantity } from '@core/quantity.ts'
import { moment } from './receipts.ts'
import type { PaperRow, Words } from './receipts.ts'

export const CANCEL_REASONS = ['changed_mind', 'mistake', 'too_late', 'other'] as const
export type CancelReason = (typeof CANCEL_REASONS)[number]
/** So many characters the server keeps of a reason. */
export const REASON_MAX = 40

/** What was sent, under the order's id: it is asked about until the server has said what became of it. */
export interface Cancelling {
  readonly id: string
  readonly number: string
  /** The id of its slip: printed once, also after a reload. */
  readonly job: string
  readonly reason: string
  readonly cashier: string
  readonly begunAt: string
}

type Order = SaleOut['order']
export type Standing = 'waits' | 'cancelled' | 'fetched' | 'shipped' | 'unpaid'

/** Say how far an order has got: only one that waits is given up. */
export function standingOf(order: Pick<Order, 'state' | 'delivery'>): Standing {
  if (order.state === 'paid') return 'waits'
  if (order.state === 'cancelled') return 'cancelled'
  if (order.state === 'placed') return 'unpaid'
  return order.delivery === 'express' || order.delivery === 'instant' ? 'shipped' : 'fetched'
}

/** Return the money by tender: what goes back (`still` there), or what has gone back. */
export function moneyBack(sale: Pick<SaleOut, 'payments'>, which: 'still' | 'gone'): [string, number][] {
  const sums = new Map<string, number>()
  for (const one of sale.payments) {
    if (one.state !== 'paid') continue
    const fen = which === 'gone' ? one.refunded_fen : one.amount_fen - one.refunded_fen
    if (fen > 0) sums.set(one.tender, (sums.get(one.tender) ?? 0) + fen)
  }
  return [...sums]
}

export function sumOf(refunds: readonly (readonly [string, number])[]): number {
  return refunds.reduce((sum, [, fen]) => sum + fen, 0)
}

/** What is sent as the reason: a word that the server knows, or somebody's own; `null`: nothing is said yet. */
export function reasonSent(reason: CancelReason | null, own: string): string | null {
  if (reason !== 'other') return reason
  const text = own.trim().slice(0, REASON_MAX)
  return text === '' ? null : text
}

/** Return the rows of the slip: which order, what goes back and how, with a line to sign. */
export function cancelSlip(
  what: Cancelling, sale: SaleOut, member: MemberOut | null, store: Pick<PlaceOut, 'name' | 'time_zone'>, t: Words,
): PaperRow[] {
  const row = (kind: PaperRow['kind'], left = '', right = ''): PaperRow => ({ kind, left, right })
  const { order } = sale
  const refunds = moneyBack(sale, 'gone')
  const isKnown = (CANCEL_REASONS as readonly string[]).includes(what.reason)
  const rows = [row('title', store.name), row('centre', t('cancel.slip')), row('rule')]
  rows.push(row('pair', t('way.order'), order.number), row('pair', t('paper.time'), moment(order.cancelled_at ?? what.begunAt, store.time_zone)))
  rows.push(row('pair', t('paper.cashier'), what.cashier), row('pair', t('cancel.why'), isKnown ? t(`cancel.reason_${what.reason}`) : what.reason))
  if (member !== null) rows.push(row('pair', t('paper.member'), member.phone_masked || member.number))
  rows.push(row('rule'))
  for (const line of order.lines) {
    const amount = formatQuantity({ base: line.quantity, scale: line.quantity_scale })
    rows.push(row('text', line.name), row('pair', line.quantity_scale === 1 ? `× ${amount}` : `${amount} kg`, formatYuan(line.net_fen)))
  }
  rows.push(row('rule'))
  if (order.freight_fen > 0) rows.push(row('pair', t('way.freight'), formatYuan(order.freight_fen)))
  rows.push(row('total', t('return.slip_total'), `¥${formatYuan(sumOf(refunds))}`))
  for (const [tender, fen] of refunds) rows.push(row('pair', t(`tender.${tender}`), formatYuan(fen)))
  if (order.points_restored > 0) rows.push(row('pair', t('return.points_restored'), `+${order.points_restored}`))
  if (order.coupons.length > 0) rows.push(row('pair', t('return.coupons_returned'), String(order.coupons.length)))
  rows.push(row('rule'), row('text', t('return.slip_sign')), row('text', ' '))
  return rows
}
