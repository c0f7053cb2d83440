/**
 * Link 3: the member price, the timed price or the tier's discount, whichever saves more; never two of them. On a tie
 * the earlier of the three. See member_or_timed.py.
 */

import { lineAmount, shareOf } from '../money.ts'
import { MEMBER_LABEL, TIER_LABEL, TIMED_LABEL } from './contracts/index.ts'
import { BRAND_BEARS } from './draft.ts'
import type { Draft, DraftLine, Taking } from './draft.ts'

/** Take the largest saving off each line; a price above the base price saves nothing. */
export function memberOrTimed(draft: Draft): void {
  for (const line of draft.lines) {
    if (line.line.offer !== null) continue
    let best: Saving | null = null
    for (const saving of savings(draft, line)) {
      if (saving.amountFen > (best?.amountFen ?? 0)) best = saving
    }
    if (best !== null) draft.take([line], best.amountFen, { ...best.taking, shares: BRAND_BEARS })
  }
}

interface Saving {
  readonly amountFen: number
  readonly taking: Omit<Taking, 'shares'>
}

function* savings(draft: Draft, line: DraftLine): Generator<Saving> {
  const { member } = draft.basket
  const { member_fen, member_book, timed_fen, timed_book } = line.line.prices
  if (member !== null && member_fen !== null) {
    const taking = { kind: 'member', source: `book:${member_book}`, label: MEMBER_LABEL } as const
    yield { amountFen: saved(line, member_fen), taking }
  }
  if (timed_fen !== null) {
    const taking = { kind: 'timed', source: `book:${timed_book}`, label: TIMED_LABEL } as const
    yield { amountFen: saved(line, timed_fen), taking }
  }
  if (member !== null) {
    const taking = { kind: 'tier', source: `tier:${member.tier}`, label: TIER_LABEL } as const
    yield { amountFen: shareOf(line.listFen, member.discount_bp), taking }
  }
}

function saved(line: DraftLine, priceFen: number): number {
  return line.listFen - lineAmount(priceFen, line.quantity, line.line.quantity_scale)
}
