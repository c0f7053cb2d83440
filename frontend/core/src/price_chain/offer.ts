/** What a campaign would do with lines, or what it lacks; each kind of campaign answers with one of the two. */

import { floorOver } from '../integer.ts'
import { productHalfUp } from '../money.ts'
import type { Campaign, Params, Reason } from './contracts/index.ts'
import type { Draft, DraftLine } from './draft.ts'

/** `savingFen` over lines: by `parts`, else by what is left of each. With a gift: its value, nothing off. */
export interface Offer {
  readonly lines: readonly DraftLine[]
  readonly savingFen: number
  readonly thresholdFen: number
  readonly parts: readonly number[] | null
  readonly gift: { readonly skuId: number; readonly quantity: number } | null
}

/** Why a campaign does nothing with the lines. */
export interface Lack {
  readonly reason: Reason
  readonly params: Params
}

/** One kind of campaign, over the lines that it may enter. */
export type Kind = (campaign: Campaign, lines: readonly DraftLine[], draft: Draft) => Offer | Lack

export function lack(reason: Reason, params: Params = {}): Lack {
  return { reason, params }
}

export function isLack(answer: Offer | Lack): answer is Lack {
  return 'reason' in answer
}

/** Return an offer that saves so much of each line. */
export function offerByParts(lines: readonly DraftLine[], savingFen: number, parts: readonly number[]): Offer {
  return { lines, savingFen, parts, thresholdFen: 0, gift: null }
}

/** Return what a priced unit of the line still costs, rounded down. */
export function unitFen(line: DraftLine): number {
  return floorOver(line.netFen, line.line.quantity_scale, line.quantity)
}

/** Return what so much of the line still costs, half up; the whole line costs exactly its net. */
export function valueOf(line: DraftLine, quantity: number): number {
  return productHalfUp(line.netFen, quantity, line.quantity)
}

/** Return the lines by what a unit still costs, the dearest first, then by number. */
export function dearestFirst(lines: readonly DraftLine[]): DraftLine[] {
  return [...lines].sort((a, b) => unitFen(b) - unitFen(a) || a.number - b.number)
}
