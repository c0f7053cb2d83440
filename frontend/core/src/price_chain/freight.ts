/** Last link: freight on top of the goods, free from an amount of goods; each line carries its share. See freight.py. */

import { apportion } from '../apportion.ts'
import { sum } from '../integer.ts'
import { formatYuan } from '../money.ts'
import { FREIGHT_LABEL } from './contracts/index.ts'
import type { Draft } from './draft.ts'

/** Split the freight over the lines by what they cost, unless the goods' net makes it free. */
export function freight(draft: Draft): void {
  const facts = draft.basket.freight
  if (facts.base_fen <= 0 || draft.lines.length === 0) return
  const nets = draft.lines.map((line) => line.net_fen)
  if (facts.free_from_fen !== null) {
    const missingFen = facts.free_from_fen - sum(nets)
    if (missingFen <= 0) return
    draft.notApplied.push({
      source: 'freight',
      label: FREIGHT_LABEL,
      reason: 'amount_missing',
      params: {
        missing_fen: missingFen,
        missing_yuan: formatYuan(missingFen),
        threshold_fen: facts.free_from_fen,
        off_fen: facts.base_fen,
      },
    })
  }
  const parts = apportion(facts.base_fen, nets)
  draft.lines.forEach((line, index) => {
    line.freight_fen = parts[index] ?? 0
  })
}
