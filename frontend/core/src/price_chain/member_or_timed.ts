/** Link 2: the member price or the timed price, whichever saves more; never both. On a tie the member price. */

import { lineAmount } from '../money.ts'
import { MEMBER_LABEL, TIMED_LABEL } from './contracts/index.ts'
import { BRAND_BEARS } from './draft.ts'
import type { Draft, DraftLine } from './draft.ts'

/** Take the larger saving off each line; a price above the base price saves nothing. */
export function memberOrTimed(draft: Draft): void {
  const isMember = draft.basket.member !== null
  for (const line of draft.lines) {
    const { prices } = line.line
    const memberFen = isMember ? saving(line, prices.member_fen) : 0
    const timedFen = saving(line, prices.timed_fen)
    if (memberFen > 0 && memberFen >= timedFen) {
      const source = `book:${prices.member_book}`
      draft.take([line], memberFen, { kind: 'member', source, label: MEMBER_LABEL, shares: BRAND_BEARS })
    } else if (timedFen > 0) {
      const source = `book:${prices.timed_book}`
      draft.take([line], timedFen, { kind: 'timed', source, label: TIMED_LABEL, shares: BRAND_BEARS })
    }
  }
}

function saving(line: DraftLine, priceFen: number | null): number {
  if (priceFen === null) return 0
  return line.list_fen - lineAmount(priceFen, line.line.quantity, line.line.quantity_scale)
}
