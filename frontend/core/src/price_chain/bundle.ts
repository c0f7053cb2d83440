/**
 * Bundles (组合价): a set of products, or any n pieces, at one price; the dearest pieces first, while a set saves. See
 * bundle.py.
 */

import { apportionWithin } from '../apportion.ts'
import { sum } from '../integer.ts'
import type { DraftLine } from './draft.ts'
import { dearestFirst, lack, offerByParts, unitFen, valueOf } from './offer.ts'
import type { Kind } from './offer.ts'

/** Lines of which a set takes `size` pieces. */
interface Slot {
  readonly lines: readonly DraftLine[]
  readonly size: number
}

/** Return what the sets save, spread over their pieces; or how many pieces are missing to the first set. */
export const bundle: Kind = (campaign, lines) => {
  const pieces = dearestFirst(lines.filter((line) => line.line.quantity_scale === 1))
  if (pieces.length === 0) return lack('no_matching_goods')
  const named = campaign.items.map((item) => ({
    lines: pieces.filter((line) => line.line.sku_id === item.sku_id),
    size: item.quantity,
  }))
  const slots: readonly Slot[] = named.length > 0 ? named : [{ lines: pieces, size: campaign.count }]
  const filled = slots.map((slot) => ({ size: slot.size, count: sum(slot.lines.map((line) => line.quantity)) }))
  const possible = Math.min(...filled.map(({ size, count }) => Math.floor(count / size)))
  if (possible === 0) {
    const missing = sum(filled.map(({ size, count }) => Math.max(0, size - count)))
    return lack('quantity_missing', { missing, count: sum(slots.map((slot) => slot.size)) })
  }
  const priceFen = campaign.price_fen ?? 0
  const sets = worthwhile(slots, campaign.repeats ? possible : 1, priceFen)
  const taken = slots.flatMap((slot) => first(slot.lines, sets * slot.size))
  const weights = taken.map(({ line, quantity }) => valueOf(line, quantity))
  const savingFen = sum(weights) - sets * priceFen
  if (savingFen <= 0) return lack('better_offer')
  return offerByParts(taken.map(({ line }) => line), savingFen, apportionWithin(savingFen, weights))
}

/**
 * Return how many sets cost more in pieces than as sets. Each set is made of cheaper pieces than the one before, so the
 * answer is found by halving. Without it a customer who adds cheap pieces would pay more for all.
 */
function worthwhile(slots: readonly Slot[], sets: number, priceFen: number): number {
  const worth = (count: number) =>
    sum(
      slots.flatMap((slot) => first(slot.lines, count * slot.size).map(({ line, quantity }) => unitFen(line) * quantity)),
    )
  let low = 0
  let high = sets
  while (low < high) {
    const middle = Math.floor((low + high + 1) / 2)
    if (worth(middle) - worth(middle - 1) > priceFen) low = middle
    else high = middle - 1
  }
  return low
}

/** Return the lines that so many pieces come from, with how many of each. */
function first(lines: readonly DraftLine[], pieces: number): { line: DraftLine; quantity: number }[] {
  const found: { line: DraftLine; quantity: number }[] = []
  let left = pieces
  for (const line of lines) {
    if (left === 0) break
    const quantity = Math.min(left, line.quantity)
    found.push({ line, quantity })
    left -= quantity
  }
  return found
}
