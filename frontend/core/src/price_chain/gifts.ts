/** Link 8: what campaigns and coupons give becomes lines of its own, after the others, that cost nothing. See gifts.py. */

import { lineAmount } from '../money.ts'
import { draftLine } from './draft.ts'
import type { Draft } from './draft.ts'

/** Add a line per gift: its list by the base price, and one discount of the whole by who gives it. */
export function gifts(draft: Draft): void {
  let number = draft.lines[draft.lines.length - 1]?.number ?? 0
  for (const { skuId, quantity, source, label, shares, thresholdFen } of draft.gifts) {
    const facts = draft.giftFacts(skuId)
    if (facts === null) throw new RangeError(`a gift without facts: ${skuId}`)
    number += 1
    const line = draftLine(facts, number, quantity, source)
    line.listFen = line.netFen = lineAmount(facts.prices.base_fen, quantity, facts.quantity_scale)
    draft.lines.push(line)
    draft.take([line], line.listFen, { kind: 'gift', source, label, shares, thresholdFen })
  }
}
