/** Link 1: what the line costs by the base price, half up. See base_price.py. */

import { lineAmount } from '../money.ts'
import type { Draft } from './draft.ts'

/** Set list and net of every line. */
export function basePrice(draft: Draft): void {
  for (const line of draft.lines) {
    line.listFen = line.netFen = lineAmount(line.line.prices.base_fen, line.quantity, line.line.quantity_scale)
  }
}
