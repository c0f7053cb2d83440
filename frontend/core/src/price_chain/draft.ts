/** The quote while it is being made: what each line still costs, and what was taken off so far. See draft.py. */

import { apportion, apportionWithin } from '../apportion.ts'
import { sum } from '../integer.ts'
import { microseconds } from '../moment.ts'
import { Problem } from '../problem.ts'
import type {
  Applied, Basket, BasketLine, CouponOutcome, Discount, DiscountKind, NotApplied, Shares,
} from './contracts/index.ts'

export const BRAND_BEARS: Shares = { brand_bp: 10_000, store_bp: 0, supplier_bp: 0 }
export const STORE_BEARS: Shares = { brand_bp: 0, store_bp: 10_000, supplier_bp: 0 }

/**
 * A line on its way through the chain; `netFen` only ever falls, never below zero. `isTaken`: it entered a campaign
 * that does not combine with others; `isInCampaign`: it entered any.
 */
export interface DraftLine {
  readonly line: BasketLine
  readonly number: number
  readonly quantity: number
  readonly giftOf: string
  readonly discounts: Discount[]
  listFen: number
  netFen: number
  couponFen: number
  pointsFen: number
  pointsSpent: number
  freightFen: number
  isTaken: boolean
  isInCampaign: boolean
}

/** Goods that a campaign or a coupon gives; they become a line when all amounts stand. */
export interface Gift {
  readonly skuId: number
  readonly quantity: number
  readonly source: string
  readonly label: string
  readonly shares: Shares
  readonly thresholdFen: number
}

/** What a link takes off, and who bears it; by `parts`, else in proportion to what is left of each line. */
export interface Taking {
  readonly kind: DiscountKind
  readonly source: string
  readonly label: string
  readonly shares: Shares
  /** Below so much of its goods it would not have applied. */
  readonly thresholdFen?: number
  readonly parts?: readonly number[] | null
}

/** The basket's lines by number, and the record of what applied and what did not. */
export class Draft {
  readonly basket: Basket
  /** The basket's moment, in microseconds. */
  readonly moment: number
  readonly lines: DraftLine[]
  readonly applied: Applied[] = []
  readonly notApplied: NotApplied[] = []
  readonly gifts: Gift[] = []
  coupons: readonly CouponOutcome[] = []
  /** The coupon that takes the freight away. */
  freightSaver: { readonly source: string; readonly label: string } | null = null
  pointsMax = 0

  constructor(basket: Basket) {
    this.basket = basket
    this.moment = microseconds(basket.at)
    const byNumber = [...basket.lines].sort((a, b) => a.number - b.number)
    this.lines = byNumber.map((line) => draftLine(line, line.number, line.quantity))
    let previous: number | null = null
    for (const { number, quantity } of this.lines) {
      if (number === previous) throw new Problem('promotions.basket_invalid', `lines.${number}.number`)
      if (quantity <= 0) throw new Problem('promotions.basket_invalid', `lines.${number}.quantity`)
      previous = number
    }
  }

  /** Take an amount off lines and note who bears it. Throws `RangeError` when the lines cost less than that. */
  take(lines: readonly DraftLine[], amountFen: number, taking: Taking): void {
    const { kind, source, label, shares, thresholdFen = 0 } = taking
    const parts = taking.parts ?? apportionWithin(amountFen, lines.map((line) => line.netFen))
    lines.forEach((line, index) => {
      const partFen = parts[index] ?? 0
      if (partFen === 0) return
      line.netFen -= partFen
      if (kind === 'coupon') line.couponFen += partFen
      const bearers = borne(partFen, shares, line.line.supplier_id)
      line.discounts.push({ kind, source, label, amount_fen: partFen, ...bearers, threshold_fen: thresholdFen })
    })
    const line_numbers = lines.map((line) => line.number).sort((a, b) => a - b)
    this.applied.push({ kind, source, label, amount_fen: amountFen, line_numbers })
  }

  /** Return how much of a SKU may still be given, in base units; 0 when it is out of stock. */
  giftLeft(skuId: number): number {
    const given = this.gifts.filter((gift) => gift.skuId === skuId).map((gift) => gift.quantity)
    return (this.giftFacts(skuId)?.quantity ?? 0) - sum(given)
  }

  /** Return the facts of a SKU that may be given, `null` when it is out of stock. */
  giftFacts(skuId: number): BasketLine | null {
    return this.basket.gifts[String(skuId)] ?? null
  }

  /** Return what lines still cost together; all of them, when none are given. */
  net(lines: readonly DraftLine[] = this.lines): number {
    return sum(lines.map((line) => line.netFen))
  }
}

/** Return a line that costs nothing yet. */
export function draftLine(line: BasketLine, number: number, quantity: number, giftOf = ''): DraftLine {
  return {
    line, number, quantity, giftOf, discounts: [],
    listFen: 0, netFen: 0, couponFen: 0, pointsFen: 0, pointsSpent: 0, freightFen: 0,
    isTaken: false, isInCampaign: false,
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
