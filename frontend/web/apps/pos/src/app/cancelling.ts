/**
 * Orders that were paid here and still wait are given up. What is sent is on the disk before, by the order's id: a repeat
 * gives the money back once, and what got no answer is asked about when somebody looks again.
 */

import { liveQuery } from 'dexie'
import { ref } from 'vue'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { SaleOut } from '@core/api/pos.d.ts'
import { pauseMs } from '../data/charging.ts'
import type { Cancelling } from '../data/cancelling.ts'
import { db } from '../data/db.ts'
import { uuid7 } from '../data/ids.ts'
import { api } from './api.ts'
import { told } from './faults.ts'
import type { Told } from './faults.ts'
import { t } from './i18n.ts'
import { now, till } from './till.ts'

const KEY = 'cancelling'
type Kept = Readonly<Record<string, Cancelling>>

/** Orders whose cancellation got no answer. */
export const unanswered = ref<Cancelling[]>([])
liveQuery(() => db.get<Kept>(KEY)).subscribe((kept) => { unanswered.value = Object.values(kept ?? {}) })

export function saleOf(id: string): Promise<SaleOut> {
  return api('get', '/api/pos/v1/sales/{order_id}', { path: { order_id: id } })
}

/** Return what this till has sent about the order before, if nobody has seen its end. */
export async function sentBefore(id: string): Promise<Cancelling | undefined> {
  return (await db.get<Kept>(KEY))?.[id]
}

/** Keep that this order is given up, with its reason. */
export async function beginCancelling(order: SaleOut['order'], reason: string): Promise<Cancelling> {
  const before = await sentBefore(order.id)
  const row: Cancelling = {
    id: order.id, number: order.number, job: before?.job ?? uuid7(), reason, cashier: till.session?.staff.name ?? '', begunAt: now().toISOString(),
  }
  await change((kept) => ({ ...kept, [order.id]: row }))
  return row
}

/**
 * Give it up, and ask until the server has said what became of it; `isGone` ends the questions. `null`: nobody knows yet.
 * Throws what the server refused: then it still waits as before.
 */
export async function giveUp(row: Cancelling, heard: (isHeard: boolean) => void, isGone: () => boolean): Promise<SaleOut | null> {
  for (let turn = 0; !isGone(); turn += 1) {
    try {
      return await end(row, await api('post', '/api/pos/v1/sales/{order_id}/cancellation', { path: { order_id: row.id }, body: { reason: row.reason } }))
    } catch (fault) {
      if (isFinal(fault)) {
        await forget(row.id)
        throw fault
      }
      if (fault instanceof Refused && fault.status === 401) throw fault
      heard(false)
      await new Promise((done) => setTimeout(done, pauseMs(turn)))
    }
  }
  return null
}

/** The server has said that it is over: the sale says so here too. */
export async function end(row: Pick<Cancelling, 'id'>, sale: SaleOut): Promise<SaleOut> {
  if (sale.order.state === 'cancelled') {
    await db.outbox.update(row.id, { isCancelled: true })
    await forget(row.id)
  }
  return sale
}

async function forget(id: string): Promise<void> {
  await change(({ [id]: _over, ...others }) => others)
}

async function change(by: (kept: Kept) => Kept): Promise<void> {
  await db.transaction('rw', db.meta, async () => db.set(KEY, by((await db.get<Kept>(KEY)) ?? {})))
}

function isFinal(fault: unknown): boolean {
  return fault instanceof Refused && fault.status < 500 && ![401, 408, 429].includes(fault.status)
}

/** Say why it cannot be: who sold it gives its money back, and money needs the server. */
export function cancelTold(fault: unknown): Told {
  if (fault instanceof Unreachable) return { title: t('cancel.offline'), remedy: t('cancel.offline_remedy') }
  if (fault instanceof Refused && fault.status === 404) return { title: t('cancel.elsewhere'), remedy: t('cancel.elsewhere_remedy') }
  if (fault instanceof Refused && fault.code === 'identity.second_person_needed') return { title: fault.message, remedy: t('cancel.second_person') }
  return told(fault)
}
