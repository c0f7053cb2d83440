/** What was chosen on the screen: one line for each SKU; amounts are those shown here, the phone asks anew. */

import type { OfferOut } from '@core/api/kiosk.d.ts'
import { lineAmount } from '@core/money.ts'

export interface CartLine {
  readonly offer: OfferOut
  readonly quantity: number
}

/** Weighed goods are chosen by the pound of 500 g. */
const STEP_GRAMS = 500
const PIECES_MAX = 99

export function stepOf(offer: OfferOut): number {
  return offer.quantity_scale === 1 ? 1 : STEP_GRAMS
}

export function mostOf(offer: OfferOut): number {
  return PIECES_MAX * stepOf(offer)
}

/** Return the lines with so much more of a SKU, up to what one may choose at a screen. */
export function put(lines: readonly CartLine[], offer: OfferOut, quantity: number): CartLine[] {
  const known = lines.find((line) => line.offer.sku_id === offer.sku_id)
  const fits = (wanted: number) => Math.min(wanted, mostOf(offer))
  if (known === undefined) return [...lines, { offer, quantity: fits(quantity) }]
  return lines.map((line) => (line === known ? { offer, quantity: fits(line.quantity + quantity) } : line))
}

export function amountOf(line: CartLine): number {
  return lineAmount(line.offer.price.price_fen, line.quantity, line.offer.quantity_scale)
}

export function sumOf(lines: readonly CartLine[]): number {
  return lines.reduce((sum, line) => sum + amountOf(line), 0)
}

/** Return how many pieces lie there; weighed goods count as one. */
export function countOf(lines: readonly CartLine[]): number {
  return lines.reduce((sum, line) => sum + (line.offer.quantity_scale === 1 ? line.quantity : 1), 0)
}
