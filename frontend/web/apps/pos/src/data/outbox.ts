/**
 * Sends what was sold, one by one, in the order of the till's numbers. A sale that the server cannot book goes to a list
 * for a person and holds up nothing. Only an answer of the server ends an entry; no answer means: ask again.
 */

import { Refused, Unreachable } from '@core/api/client.ts'
import type { JournalIn, TakenOut } from '@core/api/pos.d.ts'
import type { OutboxRow, TillDb } from './db.ts'

export type Post = (body: JournalIn) => Promise<TakenOut>
/** Why a round ended: `done`, nobody answered, somebody must sign in, or another tab is at it. */
export type RoundEnd = 'done' | 'unreachable' | 'signed_out' | 'elsewhere'

const WAIT_MAX_MS = 60_000
const LATER = new Set([408, 425, 429])
const DAY_MS = 86_400_000
const KEPT_DAYS = 30

/** Send what is due. One tab at a time: the others get `elsewhere`. */
export async function sendDue(db: TillDb, post: Post, now = Date.now()): Promise<RoundEnd> {
  const locks = globalThis.navigator?.locks
  if (locks === undefined) return round(db, post, now)
  return locks.request('quanyu-pos-outbox', { ifAvailable: true }, async (lock) => {
    return lock === null ? 'elsewhere' : round(db, post, now)
  })
}

async function round(db: TillDb, post: Post, now: number): Promise<RoundEnd> {
  const due = (await db.outbox.where('state').equals('pending').sortBy('seq')).filter((one) => one.nextAt <= now)
  for (const entry of due) {
    const sale = await db.sales.get(entry.id)
    if (sale === undefined || sale.made === null) continue
    try {
      const taken = await post({ sale: sale.made, digest: sale.digest })
      if (taken.state === 'booked') await change(db, entry, { state: 'sent', number: taken.number, reason: null })
      else await change(db, entry, { state: 'kept', reason: taken.reason })
    } catch (fault) {
      if (fault instanceof Unreachable) return 'unreachable'
      if (!(fault instanceof Refused)) throw fault
      if (fault.status === 401) return 'signed_out'
      if (fault.status < 500 && !LATER.has(fault.status)) {
        await change(db, entry, { state: 'kept', reason: { code: fault.code, title: fault.message, remedy: fault.remedy } })
        continue
      }
      const wait = fault.retryAfterS === null ? 2 ** entry.tries * 1000 : fault.retryAfterS * 1000
      await change(db, entry, { tries: entry.tries + 1, nextAt: now + Math.min(wait, WAIT_MAX_MS) })
    }
  }
  return 'done'
}

/** Let a sale that waits for a person be sent once more. */
export async function tryAgain(db: TillDb, id: string): Promise<void> {
  await db.outbox.update(id, { state: 'pending', nextAt: 0, tries: 0 })
}

/** Forget sales that arrived long ago; what did not arrive is never forgotten. */
export async function forgetOld(db: TillDb, now = Date.now()): Promise<void> {
  const before = new Date(now - KEPT_DAYS * DAY_MS).toISOString()
  await db.transaction('rw', db.sales, db.outbox, async () => {
    const old = await db.sales.where('soldAt').below(before).primaryKeys()
    const sent = (await db.outbox.bulkGet(old)).filter((one) => one?.state === 'sent').map((one) => one!.id)
    await db.outbox.bulkDelete(sent)
    await db.sales.bulkDelete(sent)
  })
}

async function change(db: TillDb, entry: OutboxRow, changes: Partial<OutboxRow>): Promise<void> {
  await db.outbox.update(entry.id, changes)
}
