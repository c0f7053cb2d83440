/** Threshold discount (满减) and threshold gift (满赠): spend so much on these goods and pay less, or get a gift. */

import { formatYuan, lineAmount } from '../money.ts'
import type { Params } from './contracts/index.ts'
import { lack } from './offer.ts'
import type { Kind } from './offer.ts'
import { lowest, reached } from './steps.ts'

/** Return what the highest step takes off, or the amount missing to the first one. */
export const thresholdOff: Kind = (campaign, lines, draft) => {
  const amountFen = draft.net(lines)
  const found = reached(campaign, amountFen)
  if (found === null) {
    const step = lowest(campaign)
    return lack('amount_missing', { ...missing(step.threshold_fen, amountFen), off_fen: step.off_fen })
  }
  const { step, times } = found
  const thresholdFen = step.threshold_fen * times
  return { lines, savingFen: step.off_fen * times, thresholdFen, parts: null, gift: null }
}

/** Return the gift of the highest step, or the amount missing to the first; one that is gone is no promise. */
export const thresholdGift: Kind = (campaign, lines, draft) => {
  const amountFen = draft.net(lines)
  const found = reached(campaign, amountFen)
  const step = found?.step ?? lowest(campaign)
  const { gift_sku_id: skuId, gift_quantity } = step
  const facts = skuId === null ? null : draft.giftFacts(skuId)
  // As long as stocks last: what is there is given, in whole gifts.
  const times = skuId === null ? 0 : Math.min(found?.times ?? 1, Math.floor(draft.giftLeft(skuId) / gift_quantity))
  if (skuId === null || facts === null || times <= 0) {
    return lack('gift_gone', { gift_sku_id: skuId, gift_quantity })
  }
  const quantity = gift_quantity * times
  if (found === null) {
    const promise = { gift_sku_id: skuId, gift_quantity: quantity }
    return lack('amount_missing', { ...missing(step.threshold_fen, amountFen), ...promise })
  }
  const worthFen = lineAmount(facts.prices.base_fen, quantity, facts.quantity_scale)
  const thresholdFen = step.threshold_fen * times
  return { lines, savingFen: worthFen, thresholdFen, parts: null, gift: { skuId, quantity } }
}

function missing(thresholdFen: number, amountFen: number): Params {
  const missingFen = thresholdFen - amountFen
  return { missing_fen: missingFen, missing_yuan: formatYuan(missingFen), threshold_fen: thresholdFen }
}
