/** Orders that are fetched here. Only the server knows them, and it alone decides by the customer's code. */

import { Refused, Unreachable } from '@core/api/client.ts'
import type { PickupLineOut, PickupOut } from '@core/api/pos.d.ts'
import { formatQuantity } from '@core/quantity.ts'
import { db } from '../data/db.ts'
import { clockText } from '../data/pickups.ts'
import { api } from './api.ts'
import { told } from './faults.ts'
import type { Told } from './faults.ts'
import { isChinese, language, named, t } from './i18n.ts'
import { now, till } from './till.ts'

/** What was handed out, as the last screen tells it. */
export interface Handed {
  readonly number: string
  readonly at: string
}

const TRIES = 2
const MOST = 100

export function findPickup(code: string): Promise<PickupOut> {
  return api('post', '/api/pos/v1/pickups', { body: { code } })
}

/** Return what waits here, first what was promised first; `more`: there is more than is shown. */
export async function waitingPickups(): Promise<{ orders: PickupOut[], more: boolean }> {
  const page = await api('get', '/api/pos/v1/pickups', { query: { limit: MOST } })
  return { orders: page.items, more: (page.next_cursor ?? null) !== null }
}

/**
 * Hand out. A lost answer is asked for again: the same person's repeat is the same hand-over. Which order it is about is
 * kept (never its code), so that what is unknown when the till goes dark is known when somebody looks again.
 */
export async function handOver(order: PickupOut, code: string): Promise<Handed> {
  await db.set('handing', { id: order.id })
  for (let turn = 1; ; turn += 1) {
    try {
      const done = await api('post', '/api/pos/v1/orders/{order_id}/hand-over', { path: { order_id: order.id }, body: { code } })
      await db.meta.delete('handing')
      return { number: done.number, at: done.completed_at ?? now().toISOString() }
    } catch (fault) {
      if (fault instanceof Refused) {
        await db.meta.delete('handing')
        throw fault
      }
      if (turn === TRIES) throw fault
    }
  }
}

/** What became of a hand-over whose answer never came: done, or `null`: there was none, or it did not happen. */
export async function lastHanded(): Promise<Handed | null> {
  const kept = await db.get<{ id: string }>('handing')
  if (kept === undefined) return null
  const order = await api('get', '/api/pos/v1/orders/{order_id}', { path: { order_id: kept.id } })
  await db.meta.delete('handing')
  return order.state === 'completed' ? { number: order.number, at: order.completed_at ?? '' } : null
}

/** Say what is wrong: looking up and handing out need the server, and what is unknown is called so. */
export function pickupTold(fault: unknown, step: 'find' | 'hand'): Told {
  if (fault instanceof Unreachable) return { title: t(`pickup.${step}_unreachable`), remedy: t(`pickup.${step}_unreachable_remedy`) }
  if (fault instanceof Refused && fault.code === 'checkout.pickup_elsewhere' && language.value === 'en') {
    const { store, store_en } = fault.params as { store: string, store_en: string }
    return { title: fault.message.replace(store, store_en), remedy: fault.remedy }
  }
  return told(fault)
}

const zone = (): string => till.rules?.store.time_zone ?? 'Asia/Shanghai'

export function timeText(iso: string): string {
  return clockText(iso, zone(), now())
}

/** When it was promised: the slot that was chosen, else from when on. */
export function promiseText(order: PickupOut): string {
  if (order.pickup_from !== null && order.pickup_until !== null) return `${timeText(order.pickup_from)}–${timeText(order.pickup_until).slice(-5)}`
  return order.promised_at === null ? t('pickup.any_time') : t('pickup.from', { time: timeText(order.promised_at) })
}

/** The customer came before the time that was chosen. */
export function isEarly(order: PickupOut): boolean {
  return order.pickup_from !== null && Date.parse(order.pickup_from) > now().getTime()
}

export function quantityText(line: PickupLineOut): string {
  const amount = formatQuantity({ base: line.quantity, scale: line.quantity_scale })
  if (line.quantity_scale !== 1) return `${amount} kg`
  return isChinese.value ? `${amount} ${line.unit_name}`.trim() : amount
}

export function goodsText(order: PickupOut): string {
  const names = order.lines.slice(0, 3).map((line) => `${named(line)} × ${formatQuantity({ base: line.quantity, scale: line.quantity_scale })}`)
  return names.join(isChinese.value ? '，' : ', ') + (order.lines.length > 3 ? ' …' : '')
}
