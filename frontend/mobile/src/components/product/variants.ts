/** Choosing a variant: which values of each attribute still lead to something that is sold. */
import type { OfferOut } from '@core/api/mall'

export type Chosen = Readonly<Record<string, string>>

export interface Choice {
  readonly value: string
  /** Some variant has this value together with what is chosen of the other attributes. */
  readonly exists: boolean
  /** Some such variant is there (in the store, or in a parcel). */
  readonly isLeft: boolean
  readonly image: string
}

const fits = (offer: OfferOut, chosen: Chosen, except = ''): boolean =>
  Object.entries(chosen).every(([name, value]) => name === except || offer.specification[name] === value)

export const left = (offer: OfferOut): number => Math.max(offer.available, offer.express_available)

/** Return the values of an attribute in the order of the variants. */
export function choices(offers: readonly OfferOut[], name: string, chosen: Chosen): Choice[] {
  const values = [...new Set(offers.map((offer) => offer.specification[name]).filter((one): one is string => one !== undefined))]
  return values.map((value) => {
    const having = offers.filter((offer) => offer.specification[name] === value)
    const possible = having.filter((offer) => fits(offer, chosen, name))
    return { value, exists: possible.length > 0, isLeft: possible.some((offer) => left(offer) > 0), image: having[0]?.image ?? '' }
  })
}

/** Return the one variant that the choice leads to, or null while something is open. */
export function offerOf(offers: readonly OfferOut[], names: readonly string[], chosen: Chosen): OfferOut | null {
  if (names.some((name) => chosen[name] === undefined) && offers.length > 1) return null
  return offers.find((offer) => fits(offer, chosen)) ?? null
}

/** Return the choice after a tap: the value is taken; what does not go with it is let go. */
export function choose(offers: readonly OfferOut[], chosen: Chosen, name: string, value: string): Chosen {
  const wanted: Record<string, string> = { ...chosen, [name]: value }
  if (offers.some((offer) => fits(offer, wanted))) return wanted
  const kept = offers.find((offer) => offer.specification[name] === value)
  return kept === undefined ? chosen : { ...kept.specification }
}
