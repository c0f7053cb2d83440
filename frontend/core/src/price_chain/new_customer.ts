/**
 * New-customer prices (新人价): for members who have not bought before, so much per order at this price. See
 * new_customer.py.
 */

import { sum } from '../integer.ts'
import { lineAmount } from '../money.ts'
import type { DraftLine } from './draft.ts'
import { dearestFirst, lack, offerByParts, valueOf } from './offer.ts'
import type { Kind } from './offer.ts'

/** Return what the prices save, line by line; the dearest lines of a product first, up to its limit. */
export const newCustomer: Kind = (campaign, lines) => {
  const joined: DraftLine[] = []
  const parts: number[] = []
  for (const item of campaign.items) {
    let left = item.quantity
    for (const line of dearestFirst(lines.filter((each) => each.line.sku_id === item.sku_id))) {
      const quantity = Math.min(left, line.quantity)
      if (quantity === 0) break
      left -= quantity
      const savingFen = valueOf(line, quantity) - lineAmount(item.price_fen, quantity, line.line.quantity_scale)
      if (savingFen > 0) {
        joined.push(line)
        parts.push(savingFen)
      }
    }
  }
  return joined.length === 0 ? lack('better_offer') : offerByParts(joined, sum(parts), parts)
}
