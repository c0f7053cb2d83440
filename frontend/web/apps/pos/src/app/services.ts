/** Services that coupons promise, handed out without a purchase. Only the server knows them, and it alone decides by the code. */

import { Refused, Unreachable } from '@core/api/client.ts'
import type { HandedOutOut, ServiceOut } from '@core/api/pos.d.ts'
import { db } from '../data/db.ts'
import { api } from './api.ts'
import { told } from './faults.ts'
import type { Told } from './faults.ts'
import { t } from './i18n.ts'

const TRIES = 2

export function findService(text: string): Promise<ServiceOut> {
  return api('post', '/api/pos/v1/services/find', { body: { text } })
}

/**
 * Hand a service out. A lost answer is asked for again under the same id, here and when the cashier presses again; the id is
 * on the disk before (never the code), so that what is unknown when the till goes dark is known when somebody looks again.
 */
export async function handOut(id: string, text: string): Promise<HandedOutOut> {
  await db.set('serving', { id })
  for (let turn = 1; ; turn += 1) {
    try {
      const done = await api('post', '/api/pos/v1/services', { body: { id, text } })
      await db.meta.delete('serving')
      return done
    } catch (fault) {
      // Who must sign in again or wait does not know what became of it.
      if (fault instanceof Refused && fault.status < 500 && ![401, 408, 429].includes(fault.status)) {
        await db.meta.delete('serving')
        throw fault
      }
      if (fault instanceof Refused || turn === TRIES) throw fault
    }
  }
}

/** What became of a hand-out whose answer never came: done, or `null`: there was none, or it did not happen. */
export async function lastServed(): Promise<HandedOutOut | null> {
  const kept = await db.get<{ id: string }>('serving')
  if (kept === undefined) return null
  try {
    const done = await api('get', '/api/pos/v1/services/{handed_out_id}', { path: { handed_out_id: kept.id } })
    await db.meta.delete('serving')
    return done
  } catch (fault) {
    if (!(fault instanceof Refused) || fault.status !== 404) throw fault
    await db.meta.delete('serving')
    return null
  }
}

/** Say what is wrong: looking up and handing out need the server, and what is unknown is called so. */
export function serviceTold(fault: unknown, step: 'find' | 'hand'): Told {
  if (fault instanceof Unreachable) return { title: t(`service.${step}_unreachable`), remedy: t(`service.${step}_unreachable_remedy`) }
  return told(fault)
}
