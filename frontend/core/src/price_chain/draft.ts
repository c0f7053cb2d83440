/** The quote while it is being made: what each line still costs, and what was taken off so far. See draft.py. */

import { apportion, apportionWithin } from '../apportion.ts'
import { microseconds } from '../moment.ts'
import { Problem } from '../problem.ts'
import type { Applied, Basket, BasketLine, Discount, DiscountKind, NotApplied, Shares } from './contracts/index.ts'

export const BRAND_BEARS: Shares = { brand_bp: 10_000, store_bp: 0, supplier_bp: 0 }
export const STORE_BEARS: Shares = { brand_bp: 0, store_bp: 10_000, supplier_bp: 0 }

/** A line on its way through the chain; `net_fen` only ever falls, never below zero. */
export interface DraftLine {
  readonly line: BasketLine
  readonly number: number
  list_fen: number
  net_fen: number
  freight_fen: number
  readonly discounts: Discount[]
}

/** What a link takes off, and who bears it. */
export interface Taking {
  readonly kind: DiscountKind
  readonly source: string
  readonly label: string
  readonly shares: Shares
  /** Below so much of its goods it would not have applied. */
  readonly thresholdFen?: number
}

/** The basket's lines by number, and the record of what applied and what did not. */
export class Draft {
  readonly basket: Basket
  /** The basket's moment, in microseconds. */
  readonly moment: number
  readonly lines: readonly DraftLine[]
  readonly applied: Applied[] = []
  readonly notApplied: NotApplied[] = []

  constructor(basket: Basket) {
    this.basket = basket
    this.moment = microseconds(basket.at)
    this.lines = [...basket.lines].sort((a, b) => a.number - b.number).map(fresh)
    let previous: number | null = null
    for (const { number, line } of this.lines) {
      if (number === previous) throw new Problem('promotions.basket_invalid', `lines.${number}.number`)
      if (line.quantity <= 0) throw new Problem('promotions.basket_invalid', `lines.${number}.quantity`)
      previous = number
    }
  }

  /**
   * Take an amount off lines, in proportion to what is left of each, and note who bears it.
   * Throws `RangeError` when the lines cost less than that: a link must not ask for it.
   */
  take(lines: readonly DraftLine[], amountFen: number, { kind, source, label, shares, thresholdFen = 0 }: Taking): void {
    const parts = apportionWithin(amountFen, lines.map((line) => line.net_fen))
    lines.forEach((line, index) => {
      const amount_fen = parts[index] ?? 0
      if (amount_fen === 0) return
      line.net_fen -= amount_fen
      const bearers = borne(amount_fen, shares, line.line.supplier_id)
      line.discounts.push({ kind, source, label, amount_fen, ...bearers, threshold_fen: thresholdFen })
    })
    this.applied.push({ kind, source, label, amount_fen: amountFen, line_numbers: lines.map((line) => line.number) })
  }
}

/**
 * Return what brand, store and supplier bear of an amount; together exactly the amount. Largest remainder, ties to the
 * brand, then the store. Without a supplier its share is the brand's.
 */
export function borne(
  amountFen: number, shares: Shares, supplierId: number | null,
): Pick<Discount, 'brand_fen' | 'store_fen' | 'supplier_fen'> {
  const toBrand = supplierId === null ? shares.supplier_bp : 0
  const weights = [shares.brand_bp + toBrand, shares.store_bp, shares.supplier_bp - toBrand]
  const [brand_fen = 0, store_fen = 0, supplier_fen = 0] = apportion(amountFen, weights)
  return { brand_fen, store_fen, supplier_fen }
}

function fresh(line: BasketLine): DraftLine {
  return { line, number: line.number, list_fen: 0, net_fen: 0, freight_fen: 0, discounts: [] }
}
