/** How what lies on the counter reaches a customer who does not carry it out. */

import type { KeptItemOut, WayIn } from '@core/api/pos.d.ts'
import type { Basket } from './basket.ts'

/** The choice of a way. Of an address only its id is kept here; `place` is the store in which the goods are fetched. */
export interface Way {
  readonly delivery: 'express' | 'instant' | 'pickup'
  readonly addressId: string | null
  readonly from: string | null
  readonly until: string | null
  readonly storeId: number | null
  readonly place: { readonly name: string, readonly name_en: string } | null
}

/** Return the way as the server takes it. */
export function wayIn(way: Way | undefined): WayIn | null {
  if (way === undefined) return null
  return { delivery: way.delivery, address_id: way.addressId, window_from: way.from, window_until: way.until, store_id: way.storeId }
}

/** Return the goods on the counter that this store does not keep: they can be ordered, not carried out. */
export function fromAfar(basket: Basket): KeptItemOut[] {
  return (basket.extra ?? []).filter((item) => basket.lines.some((line) => line.skuId === item.sku_id))
}

/** Tell whether somebody must say how the goods reach the customer before they are paid. */
export function needsWay(basket: Basket): boolean {
  return basket.way === undefined && fromAfar(basket).length > 0
}

/** Return the basket with goods of the full range beside those that the till keeps. */
export function withExtra(basket: Basket, item: KeptItemOut): Basket {
  const others = (basket.extra ?? []).filter((one) => one.sku_id !== item.sku_id)
  return { ...basket, extra: [...others, item] }
}
