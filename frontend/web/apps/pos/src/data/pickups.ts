/** Goods of an order on their way over the counter: what lies there already, and what a scan adds. */

import type { PickupLineOut } from '@core/api/pos.d.ts'
import { moment } from './receipts.ts'

/** A line as far as counting goes. */
export type CountedLine = Pick<PickupLineOut, 'number' | 'sku_id' | 'quantity' | 'quantity_scale'>

/** How much of each line lies on the counter, by the line's number, in base units. */
export type Counted = Readonly<Record<number, number>>

/** What the customer shows; nothing else has this form everywhere, so it is asked for, never guessed. */
const CODE = /^[0-9]{4,12}$/

export function codeOf(text: string): string | null {
  const code = text.replace(/[\s-]/g, '')
  return CODE.test(code) ? code : null
}

export function isThere(line: CountedLine, counted: Counted): boolean {
  return (counted[line.number] ?? 0) >= line.quantity
}

export function missing(lines: readonly CountedLine[], counted: Counted): number {
  return lines.filter((line) => !isThere(line, counted)).length
}

export function toggled(line: CountedLine, counted: Counted): Counted {
  return { ...counted, [line.number]: isThere(line, counted) ? 0 : line.quantity }
}

export function all(lines: readonly CountedLine[]): Counted {
  return Object.fromEntries(lines.map((line) => [line.number, line.quantity]))
}

/**
 * Return what lies there after goods were scanned, and the line they belong to; or that they are not of this order, or
 * more than it has. Pieces are counted one scan each; what is weighed was weighed when it was packed, and is there.
 */
export function scanned(
  lines: readonly CountedLine[], counted: Counted, skuId: number, pieces: number,
): { readonly counted: Counted, readonly number: number } | 'foreign' | 'enough' {
  const own = lines.filter((line) => line.sku_id === skuId)
  if (own.length === 0) return 'foreign'
  const line = own.find((one) => !isThere(one, counted))
  if (line === undefined) return 'enough'
  const more = line.quantity_scale === 1 ? Math.max(1, pieces) : line.quantity
  return { counted: { ...counted, [line.number]: Math.min(line.quantity, (counted[line.number] ?? 0) + more) }, number: line.number }
}

/** Return a moment by the store's clock as people say it: the time alone for today, else with its day. */
export function clockText(iso: string, zone: string, now: Date): string {
  const [day = '', time = ''] = moment(iso, zone).split(' ')
  return day === moment(now.toISOString(), zone).slice(0, 10) ? time.slice(0, 5) : `${day.slice(5)} ${time.slice(0, 5)}`
}
