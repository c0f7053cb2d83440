/** The ways an order can come, in the order in which they are offered, with what the store allows. */
import type { StoreOut } from '@core/api/mall'

export type Way = 'pickup' | 'instant' | 'express' | 'in_store'

export const WAY_ICONS: Readonly<Record<Way, string>> = { pickup: 'package-check', instant: 'bike', express: 'truck', in_store: 'store' }

export function waysOf(store: StoreOut): Way[] {
  const offered: ReadonlyArray<readonly [Way, boolean]> = [
    ['pickup', store.offers_pickup], ['instant', store.offers_instant], ['express', store.offers_express], ['in_store', store.offers_in_store],
  ]
  return offered.filter(([, is]) => is).map(([way]) => way)
}

export const needsAddress = (way: Way): boolean => way === 'express' || way === 'instant'
