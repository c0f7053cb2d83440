/**
 * Discounts by hand: what somebody at the till wishes (a percentage, an amount, a new price), and what it comes to in fen.
 * It is a link of the one price chain (manual_discount): after member and timed prices, before campaigns.
 */

import type { DiscountedIn, LineIn } from '@core/api/pos.d.ts'
import { apportionWithin } from '@core/apportion.ts'
import { BASIS_POINTS, lineAmount } from '@core/money.ts'
import type { Quote } from '@core/price_chain/contracts/index.ts'
import type { Basket } from './basket.ts'

export type Reason = LineIn['discount_reason']
export const REASONS: readonly Reason[] = ['damaged', 'expiring', 'shelf_price', 'regular', 'goodwill', 'other']

/** `value`: basis points, fen off, or fen per unit instead of the price. Prices are only ever lowered. */
export interface Cut {
  readonly kind: 'percent' | 'amount' | 'price'
  readonly value: number
  readonly reason: Reason
}

/** What a manager allowed for this basket: the server's word for one sale. */
export interface Word {
  readonly id: string
  readonly by: string
  readonly mostBp: number
  readonly mostFen: number
}

export interface CutFen {
  readonly fen: number
  readonly reason: Reason
  /** Taken off beside it to make the whole amount round. */
  readonly roundingFen?: number
}

/** Return all that is taken off a line by hand, in fen. */
export function offBy(cut: CutFen | undefined): number {
  return cut === undefined ? 0 : cut.fen + (cut.roundingFen ?? 0)
}

/** By the key of the line. */
export type Cuts = ReadonlyMap<number, CutFen>
export const NO_CUTS: Cuts = new Map()

const BEFORE: readonly string[] = ['points_mall', 'member', 'timed', 'tier']

export function hasCuts(basket: Basket): boolean {
  return basket.cut != null || basket.lines.some((line) => line.cut != null)
}

/** Return the basket as if nothing were taken off by hand. */
export function uncut(basket: Basket): Basket {
  const { cut: _whole, word: _word, rounding: _rounding, ...rest } = basket
  return { ...rest, lines: basket.lines.map(({ cut: _cut, ...line }) => line) }
}

/** Return why a line has a discount by hand: its own reason, or that of the whole order. */
export function reasonOf(basket: Basket, key: number): Reason | undefined {
  return (basket.lines.find((line) => line.key === key)?.cut ?? basket.cut)?.reason
}

/** Return what each line costs when the cashier begins to take off; `plain`: the quote of the basket without cuts. */
export function amountsBefore(plain: Quote): Map<number, number> {
  return new Map(plain.lines.filter((line) => line.gift_of === '').map((line) => {
    const taken = line.discounts.filter((one) => BEFORE.includes(one.kind)).reduce((sum, one) => sum + one.amount_fen, 0)
    return [line.number, line.list_fen - taken]
  }))
}

/** Return a percentage of an amount, rounded down: ten per cent is never more than ten per cent. */
export function percentOf(fen: number, basisPoints: number): number {
  return Number((BigInt(fen) * BigInt(basisPoints)) / BigInt(BASIS_POINTS))
}

/** Return what is taken off each line, in fen. A line has its own discount, or its share of the order's. */
export function cutsOf(basket: Basket, plain: Quote, scaleOf: (skuId: number) => number): Cuts {
  const before = amountsBefore(plain)
  const found = new Map<number, CutFen>()
  const shared: { key: number, fen: number }[] = []
  for (const line of basket.lines) {
    const fen = before.get(line.key)
    if (fen === undefined) continue
    if (line.cut == null) shared.push({ key: line.key, fen })
    else put(found, line.key, ofLine(line.cut, fen, line.quantity, scaleOf(line.skuId)), line.cut.reason)
  }
  const whole = basket.cut
  if (whole != null && shared.length > 0) {
    const amounts = shared.map((one) => one.fen)
    const sum = amounts.reduce((all, fen) => all + fen, 0)
    const parts = whole.kind === 'percent'
      ? amounts.map((fen) => percentOf(fen, whole.value))
      : apportionWithin(Math.min(whole.value, sum), amounts)
    shared.forEach((one, place) => put(found, one.key, parts[place] ?? 0, whole.reason))
  }
  return found
}

function put(found: Map<number, CutFen>, key: number, fen: number, reason: Reason): void {
  if (fen > 0) found.set(key, { fen, reason })
}

function ofLine(cut: Cut, fen: number, quantity: number, scale: number): number {
  if (cut.kind === 'percent') return percentOf(fen, Math.min(cut.value, BASIS_POINTS))
  if (cut.kind === 'amount') return Math.min(cut.value, fen)
  return Math.max(0, fen - lineAmount(cut.value, quantity, scale))
}

/** Return the lines whose discount is above a limit in basis points of their list amount, as a manager is asked. */
export function above(quote: Quote, cuts: Cuts, limitBp: number): DiscountedIn[] {
  return quote.lines.flatMap((line) => {
    const cut = line.gift_of === '' ? cuts.get(line.number) : undefined
    if (cut === undefined || cut.fen === 0 || !isAbove(cut.fen, line.list_fen, limitBp)) return []
    return [{ sku_id: line.sku_id, quantity: line.quantity, list_fen: line.list_fen, discount_fen: cut.fen, reason: cut.reason }]
  })
}

function isAbove(fen: number, listFen: number, limitBp: number): boolean {
  return BigInt(fen) * BigInt(BASIS_POINTS) > BigInt(listFen) * BigInt(limitBp)
}

/** Tell whether a manager's word is enough for these lines, as the server will. */
export function covers(word: Word | undefined, lines: readonly DiscountedIn[]): boolean {
  if (lines.length === 0) return true
  if (word === undefined) return false
  return lines.every((line) => !isAbove(line.discount_fen, line.list_fen, word.mostBp))
    && lines.reduce((sum, line) => sum + line.discount_fen, 0) <= word.mostFen
}
