/** Link 2: a line bought in the points mall costs its offer's cash and points; nothing else applies to it. */

import { Problem } from '../problem.ts'
import { POINTS_MALL_LABEL } from './contracts/index.ts'
import { BRAND_BEARS } from './draft.ts'
import type { Draft } from './draft.ts'

/** Bring the lines with an offer down to its cash. Throws `promotions.basket_invalid` for weighed goods. */
export function pointsMall(draft: Draft): void {
  for (const line of draft.lines) {
    const { offer, quantity_scale } = line.line
    if (offer === null) continue
    if (quantity_scale !== 1) throw new Problem('promotions.basket_invalid', `lines.${line.number}.offer`)
    line.pointsSpent = offer.points * line.quantity
    const offFen = line.listFen - offer.cash_fen * line.quantity
    if (offFen > 0) {
      const source = `offer:${offer.id}`
      draft.take([line], offFen, { kind: 'points_mall', source, label: POINTS_MALL_LABEL, shares: BRAND_BEARS })
    }
  }
}
