/** The full range and the ways to a customer: all of it the server's, nothing of an address stays here. */

import { Unreachable } from '@core/api/client.ts'
import type { AddressIn, AddressOut, AisleItemOut, AreaOut, NearPlaceOut, QuoteOut, WaysOut } from '@core/api/pos.d.ts'
import { formatQuantity } from '@core/quantity.ts'
import { quoteIn, quoteKey } from '../data/rights.ts'
import { windowText } from '../data/receipts.ts'
import type { Way } from '../data/ways.ts'
import { api } from './api.ts'
import { counter, cuts } from './counter.ts'
import { told } from './faults.ts'
import type { Told } from './faults.ts'
import { isChinese, named, t } from './i18n.ts'
import { chosen } from './rights.ts'
import { till } from './till.ts'

export const zone = (): string => till.rules?.store.time_zone ?? 'Asia/Shanghai'

export function searchRange(text: string): Promise<AisleItemOut[]> {
  return api('post', '/api/pos/v1/range', { body: { text } })
}

/** How what lies on the counter could reach somebody. */
export function waysOf(): Promise<WaysOut> {
  const lines = counter.basket.lines.map((line) => ({ sku_id: line.skuId, quantity: line.quantity }))
  return api('post', '/api/pos/v1/ways', { body: { lines } })
}

export function addressesOf(memberId: string): Promise<AddressOut[]> {
  return api('get', '/api/pos/v1/members/{member_id}/addresses', { path: { member_id: memberId } })
}

/** `key`: of the form that is open, so that a lost answer does not make a second address. */
export function addAddress(memberId: string, body: AddressIn, key: string): Promise<AddressOut> {
  return api('post', '/api/pos/v1/members/{member_id}/addresses', { path: { member_id: memberId }, body, key })
}

export function areasBelow(parent: string | null): Promise<AreaOut[]> {
  return api('get', '/api/pos/v1/areas', { query: parent === null ? {} : { parent_code: parent } })
}

/** What the counter would cost by a way, with what speaks against it. */
export function quoteBy(way: Way): Promise<QuoteOut> {
  return api('post', '/api/pos/v1/quotes', { body: quoteIn({ ...counter.basket, way }, chosen(), cuts.value) })
}

/** Take a way, with what it was quoted at; none: the customer carries the goods out. */
export function choose(way: Way | undefined, found: QuoteOut | null = null): void {
  counter.basket = { ...counter.basket, way }
  if (found !== null) counter.quote = { key: quoteKey(counter.basket, chosen(), cuts.value), found }
}

/** The way in a few words, for the basket. */
export function wayText(way: Way): string {
  if (way.delivery === 'pickup') return t('way.fetch_at', { store: way.place === null ? '' : named(way.place) })
  if (way.from !== null && way.until !== null) return t('way.comes', { time: windowText(way.from, way.until, zone()) })
  return t('way.express_text')
}

export function distanceText(place: NearPlaceOut): string {
  return place.distance_m < 1000 ? `${place.distance_m} m` : `${(place.distance_m / 1000).toFixed(1)} km`
}

export function amountText(base: number, scale: number, unit: string): string {
  const amount = formatQuantity({ base, scale })
  return scale === 1 ? (isChinese.value ? `${amount} ${unit}`.trim() : amount) : `${amount} kg`
}

export function waysTold(fault: unknown): Told {
  return fault instanceof Unreachable ? { title: t('way.offline'), remedy: t('way.offline_remedy') } : told(fault)
}
