/** What a list of goods is narrowed by; as the server is asked. */
export interface Filter {
  readonly brand_id: number | null
  readonly price_from_fen: number | null
  readonly price_to_fen: number | null
  readonly in_stock: boolean
  readonly on_offer: boolean
}

export const NO_FILTER: Filter = { brand_id: null, price_from_fen: null, price_to_fen: null, in_stock: false, on_offer: false }

/** Return by how many things a list is narrowed; both ends of a price are one. */
export function countOf(filter: Filter): number {
  const isPriced = filter.price_from_fen !== null || filter.price_to_fen !== null
  return [filter.brand_id !== null, isPriced, filter.in_stock, filter.on_offer].filter(Boolean).length
}

/** Return the fen of an amount of yuan as typed, such as `12` or `9.9`; null for nothing or no amount. */
export function fenOf(typed: string): number | null {
  return /^\d{1,7}(\.\d{1,2})?$/.test(typed.trim()) ? Math.round(Number(typed) * 100) : null
}

/** Return the price range; typed the wrong way round, it is meant the right way round. */
export function rangeOf(from: string, to: string): Pick<Filter, 'price_from_fen' | 'price_to_fen'> {
  const [low, high] = [fenOf(from), fenOf(to)]
  const isReversed = low !== null && high !== null && low > high
  return { price_from_fen: isReversed ? high : low, price_to_fen: isReversed ? low : high }
}
