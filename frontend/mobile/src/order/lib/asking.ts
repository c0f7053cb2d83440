/** What of an order can be asked back, and how much of it is wanted. */
import type { OrderOut, OrderLineOut } from '@core/api/mall'

const OPEN = new Set(['asked', 'approved', 'received'])

export interface Choice {
  readonly line: OrderLineOut
  readonly most: number
}

/** Return the lines of which something is left to ask for: sold, not returned, in no other open request. Gifts follow their line. */
export function choicesOf(order: OrderOut): Choice[] {
  const asked = new Map<number, number>()
  for (const request of order.requests.filter((one) => OPEN.has(one.state))) {
    for (const line of request.lines) asked.set(line.number, (asked.get(line.number) ?? 0) + line.quantity)
  }
  return order.lines
    .filter((line) => line.gift_of === '')
    .map((line) => ({ line, most: line.quantity - line.returned_quantity - (asked.get(line.number) ?? 0) }))
    .filter((one) => one.most > 0)
}

/** Weighed goods go back whole: what was cut is not cut again. */
export const stepOf = (choice: Choice): number => (choice.line.quantity_scale === 1 ? 1 : choice.most)
