/** Link 4: what the cashier takes off a line. The store bears it; whether he may is the till's question. */

import { formatYuan } from '../money.ts'
import { Problem } from '../problem.ts'
import { MANUAL_LABEL } from './contracts/index.ts'
import { STORE_BEARS } from './draft.ts'
import type { Draft } from './draft.ts'

/** Take each line's discount off. Throws `promotions.manual_discount_too_large` when it is more than is left of it. */
export function manualDiscount(draft: Draft): void {
  for (const line of draft.lines) {
    const amountFen = line.line.manual_discount_fen
    if (amountFen === 0) continue
    if (amountFen < 0 || amountFen > line.netFen) {
      throw new Problem('promotions.manual_discount_too_large', `lines.${line.number}.manual_discount_fen`, {
        limit_fen: line.netFen,
        limit_yuan: formatYuan(line.netFen),
      })
    }
    draft.take([line], amountFen, { kind: 'manual', source: 'till', label: MANUAL_LABEL, shares: STORE_BEARS })
  }
}
