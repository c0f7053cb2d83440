/** What goes with a basket: pure. The same as pos/rules/advice.py; `spec/vectors/advice.json` binds both. */

/** A product as advice knows it: all its variants, those that may be advised (the best first), what goes with it. */
export interface Advised {
  readonly product_id: number
  readonly skus: readonly number[]
  readonly offers: readonly number[]
  readonly goes_with: readonly { readonly product_id: number, readonly strength_bp: number }[]
}

/** A SKU to advise, and the line of the basket that calls for it most. */
export interface Advice {
  readonly skuId: number
  readonly becauseSkuId: number
  readonly score: number
}

export const SHOWN_MAX = 3
/** The strongest line counts whole, every other one a quarter: many weak hints do not outshout a strong one. */
const BEST_WEIGHT = 4
const OTHER_WEIGHT = 1

/** All products that advice knows, by id and by SKU. */
export class AdviceBook {
  readonly byProduct = new Map<number, Advised>()
  readonly productOf = new Map<number, number>()

  constructor(products: Iterable<Advised>) {
    for (const one of products) {
      this.byProduct.set(one.product_id, one)
      for (const sku of one.skus) this.productOf.set(sku, one.product_id)
    }
  }
}

/**
 * Return what to advise for the SKUs in a basket, the best first. What lies in the basket or was bought lately is left out in
 * all its variants; of the rest the first variant that is available. Equal scores go by product id.
 */
export function advise(
  book: AdviceBook, basket: readonly number[], available: (sku: number) => number, lately: readonly number[] = [], most = SHOWN_MAX,
): Advice[] {
  const callers = new Map<number, number>()
  for (const sku of basket) {
    const product = book.productOf.get(sku)
    if (product !== undefined && !callers.has(product)) callers.set(product, sku)
  }
  const leftOut = new Set<number | undefined>([...callers.keys(), ...lately.map((sku) => book.productOf.get(sku))])
  const found = new Map<number, { best: number, because: number, total: number }>()
  for (const [product, sku] of callers) {
    for (const { product_id: other, strength_bp: strength } of book.byProduct.get(product)?.goes_with ?? []) {
      if (leftOut.has(other) || !book.byProduct.has(other)) continue
      const sum = found.get(other) ?? { best: 0, because: 0, total: 0 }
      sum.total += strength
      if (strength > sum.best) Object.assign(sum, { best: strength, because: sku })
      found.set(other, sum)
    }
  }
  const ranked = [...found].filter(([, sum]) => sum.best > 0)
    .map(([product, sum]) => ({ product, because: sum.because, score: (BEST_WEIGHT - OTHER_WEIGHT) * sum.best + OTHER_WEIGHT * sum.total }))
    .sort((one, other) => other.score - one.score || one.product - other.product)
  const advice: Advice[] = []
  for (const { product, because, score } of ranked) {
    const offer = book.byProduct.get(product)!.offers.find((sku) => available(sku) > 0)
    if (offer !== undefined) advice.push({ skuId: offer, becauseSkuId: because, score })
    if (advice.length >= most) break
  }
  return advice
}

/** Tell whether a basket is of the share that sees no advice: by its id, so that a reload changes nothing. */
export function isControl(basketId: string, shareBp: number): boolean {
  // FNV-1a over the text: spread evenly, the same everywhere, and quick.
  let hash = 0x811c9dc5
  for (const sign of basketId) hash = Math.imul(hash ^ sign.charCodeAt(0), 0x01000193) >>> 0
  return hash % 10_000 < shareBp
}
