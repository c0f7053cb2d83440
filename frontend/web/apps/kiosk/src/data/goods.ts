/** Offers come variant by variant; on a screen a product stands once, and its variants are chosen on its page. */

import type { CategoryOut, OfferOut } from '@core/api/kiosk.d.ts'

export interface Product {
  readonly id: number
  readonly first: OfferOut
  readonly offers: readonly OfferOut[]
  readonly fromFen: number
  readonly isOnePrice: boolean
}

/** Return the products of offers in the order in which they first come. */
export function products(offers: readonly OfferOut[]): Product[] {
  const groups = new Map<number, OfferOut[]>()
  for (const offer of offers) {
    const known = groups.get(offer.product_id)
    if (known === undefined) groups.set(offer.product_id, [offer])
    else if (!known.some((one) => one.sku_id === offer.sku_id)) known.push(offer)
  }
  return [...groups].map(([id, all]) => {
    const prices = all.map((offer) => offer.price.price_fen)
    const fromFen = Math.min(...prices)
    return { id, first: best(all), offers: all, fromFen, isOnePrice: prices.every((price) => price === fromFen) }
  })
}

/** Return the variant to begin with: one that lies here, else one that a parcel brings, else the first. */
export function best(offers: readonly OfferOut[]): OfferOut {
  return offers.find((offer) => offer.available > 0) ?? offers.find((offer) => offer.express_available > 0) ?? offers[0]!
}

/** Return what all variants are called: the words with which their names begin alike. */
export function namesake(offers: readonly OfferOut[]): { name: string, name_en: string } {
  return { name: alike(offers.map((offer) => offer.name)), name_en: alike(offers.map((offer) => offer.name_en)) }
}

function alike(names: readonly string[]): string {
  const [first = [], ...others] = names.map((name) => name.split(' '))
  const end = first.findIndex((word, place) => others.some((words) => words[place] !== word))
  return (end <= 0 ? first : first.slice(0, end)).join(' ')
}

export interface Choice {
  readonly name: string
  readonly values: readonly string[]
}

/** Return what tells the variants apart, each with its values in the order in which they come. */
export function choices(offers: readonly OfferOut[]): Choice[] {
  const names = [...new Set(offers.flatMap((offer) => Object.keys(offer.specification)))]
  return names.map((name) => ({
    name,
    // In the order in which the variants were set up: S before M, whatever is left of them.
    values: [...new Set([...offers].sort((one, other) => one.sku_id - other.sku_id).map((offer) => offer.specification[name] ?? '').filter((value) => value !== ''))],
  }))
}

/** Return the variant with this value that is most like the one chosen before. */
export function chosen(offers: readonly OfferOut[], before: OfferOut, name: string, value: string): OfferOut {
  const alike = (offer: OfferOut) =>
    Object.entries(before.specification).filter(([key, own]) => key !== name && offer.specification[key] === own).length
  const able = offers.filter((offer) => offer.specification[name] === value)
  return able.reduce((found, offer) => (alike(offer) > alike(found) ? offer : found), able[0] ?? before)
}

/** Return the categories that stand at the top: the roots, or below a lone root its children. */
export function topCategories(categories: readonly CategoryOut[]): CategoryOut[] {
  const roots = below(categories, null)
  return roots.length === 1 ? below(categories, roots[0]!.id) : roots
}

export function below(categories: readonly CategoryOut[], parent: number | null): CategoryOut[] {
  return categories.filter((one) => one.parent_id === parent)
}
