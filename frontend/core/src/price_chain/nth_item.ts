/** The nth piece for less (第 N 件): of the dearest pieces in groups of n, the cheapest of each group. See nth_item.py. */

import { apportionWithin } from '../apportion.ts'
import { sum } from '../integer.ts'
import { shareOf } from '../money.ts'
import type { Campaign } from './contracts/index.ts'
import type { DraftLine } from './draft.ts'
import { dearestFirst, lack, offerByParts, unitFen, valueOf } from './offer.ts'
import type { Kind } from './offer.ts'

/** Return what the nth pieces save, spread over all pieces of their groups; or how many are missing. */
export const nthItem: Kind = (campaign, lines) => {
  const { count, repeats } = campaign
  const pieces = lines.filter((line) => line.line.quantity_scale === 1)
  if (pieces.length === 0) return lack('no_matching_goods')
  let most = 0
  let savingFen = 0
  const joined: DraftLine[] = []
  const weights: number[] = []
  for (const group of grouped(campaign, pieces)) {
    const inGroup = sum(group.map((line) => line.quantity))
    most = Math.max(most, inGroup)
    const last = repeats ? Math.floor(inGroup / count) * count : Math.min(count, inGroup)
    if (last < count) continue
    let before = 0
    for (const line of group) {
      const after = Math.min(before + line.quantity, last)
      if (after === before) break
      const nths = Math.floor(after / count) - Math.floor(before / count)
      savingFen += nths * saved(campaign, unitFen(line))
      joined.push(line)
      weights.push(valueOf(line, after - before))
      before = after
    }
  }
  if (joined.length === 0) return lack('quantity_missing', { missing: count - most, count })
  if (savingFen <= 0) return lack('better_offer')
  return offerByParts(joined, savingFen, apportionWithin(savingFen, weights))
}

/** Return the lines in which pieces are counted together, each the dearest first: those of one SKU, or all. */
function grouped(campaign: Campaign, pieces: readonly DraftLine[]): DraftLine[][] {
  const groups = new Map<number, DraftLine[]>()
  for (const line of dearestFirst(pieces)) {
    const key = campaign.same_sku ? line.line.sku_id : 0
    groups.set(key, [...(groups.get(key) ?? []), line])
  }
  return [...groups.values()]
}

/** Return what one nth piece saves. */
function saved(campaign: Campaign, priceFen: number): number {
  if (campaign.price_fen !== null) return Math.max(0, priceFen - campaign.price_fen)
  return shareOf(priceFen, campaign.off_bp)
}
