/**
 * Link 9: freight on top of the goods, free from an amount of goods; each line carries its share. See freight.py.
 *
 * Points are a payment and not a discount: what was paid with them counts for free freight, and carries its share.
 */

import { apportion } from '../apportion.ts'
import { sum } from '../integer.ts'
import { formatYuan } from '../money.ts'
import { FREIGHT_LABEL } from './contracts/index.ts'
import type { Draft } from './draft.ts'

/** Return the freight of the goods as they stand, in fen; nothing once a coupon has taken it away. */
export function charged(draft: Draft): number {
  return draft.freightSaver === null ? due(draft) : 0
}

/** Split the freight over the lines by what they cost; gifts carry none. */
export function freight(draft: Draft): void {
  const freightFen = due(draft)
  if (freightFen === 0) return
  if (draft.freightSaver !== null) {
    draft.applied.push({ kind: 'coupon', ...draft.freightSaver, amount_fen: freightFen, line_numbers: [] })
    return
  }
  const { free_from_fen } = draft.basket.freight
  if (free_from_fen !== null) {
    const missingFen = free_from_fen - counted(draft)
    draft.notApplied.push({
      source: 'freight',
      label: FREIGHT_LABEL,
      reason: 'amount_missing',
      params: {
        missing_fen: missingFen,
        missing_yuan: formatYuan(missingFen),
        threshold_fen: free_from_fen,
        off_fen: freightFen,
      },
    })
  }
  const carriers = draft.lines.filter((line) => line.giftOf === '')
  const parts = apportion(freightFen, carriers.map((line) => line.netFen + line.pointsFen))
  carriers.forEach((line, index) => {
    line.freightFen = parts[index] ?? 0
  })
}

function due(draft: Draft): number {
  const { base_fen, free_from_fen } = draft.basket.freight
  if (base_fen <= 0 || draft.lines.length === 0) return 0
  return free_from_fen === null || counted(draft) < free_from_fen ? base_fen : 0
}

function counted(draft: Draft): number {
  return sum(draft.lines.map((line) => line.netFen + line.pointsFen))
}
