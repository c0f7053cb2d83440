/**
 * Returns at the counter. What is sent is on the disk before, under an id made here: a lost answer is asked for again, also
 * after a reload, and money is handed out once. Only the server knows what may come back, so nothing of it works without it.
 */

import { liveQuery } from 'dexie'
import { ref } from 'vue'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { PreviewOut, ReceiptOut, ReturnLineIn } from '@core/api/pos.d.ts'
import { db } from '../data/db.ts'
import { uuid7 } from '../data/ids.ts'
import { keepReturn } from '../data/returns.ts'
import type { Reason, ReturnRow } from '../data/returns.ts'
import { api } from './api.ts'
import { nameOf, unitOf } from './counter.ts'
import { goods, now, till } from './till.ts'

/** A request may be on its way for so long; before that nobody can say that it was not booked. */
const ON_ITS_WAY_MS = 30_000
const SECOND_PERSON = 'identity.second_person_needed'

/** Returns without an answer, and those that wait for a second person. */
export const openReturns = ref<ReturnRow[]>([])
liveQuery(() => db.returns.where('state').anyOf('asking', 'waiting').toArray()).subscribe((rows) => { openReturns.value = rows })

/** Return the return that was sent and never answered, if there is one. */
export async function unansweredReturn(): Promise<ReturnRow | undefined> {
  return db.returns.where('state').equals('asking').first()
}

export async function receiptOf(number: string): Promise<ReceiptOut> {
  return api('get', '/api/pos/v1/receipts/{number}', { path: { number } })
}

export async function previewOf(number: string, lines: ReturnLineIn[]): Promise<PreviewOut> {
  return api('post', '/api/pos/v1/receipts/{number}/returns/preview', { path: { number }, body: { lines } })
}

/** Keep a return with all that will be sent. */
export async function beginReturn(receipt: ReceiptOut, lines: ReturnLineIn[], reason: Reason, note: string, shown: PreviewOut): Promise<ReturnRow> {
  const id = uuid7()
  const row: ReturnRow = {
    id, state: 'asking', begunAt: now().toISOString(), sentAt: 0, number: receipt.number,
    body: { id, reason, note, lines }, shown, member: receipt.member, cashier: till.session?.staff.name ?? '', result: null, fault: null,
    lines: lines.map((one) => {
      const line = receipt.lines.find((each) => each.number === one.line_number)!
      const item = goods.value.sku(line.sku_id)
      return {
        number: line.number, name: item === undefined ? line.name : nameOf(item), quantity: one.quantity, scale: line.quantity_scale,
        unit: item === undefined ? line.unit_name : unitOf(item),
      }
    }),
  }
  const plain = JSON.parse(JSON.stringify(row)) as ReturnRow
  await keepReturn(db, plain)
  return plain
}

/**
 * Send a return, or ask about it once more: the same id is booked once. Returns it as it stands then; throws `Unreachable`
 * while nobody knows, and what the sign-in refuses.
 */
export async function sendReturn(row: ReturnRow): Promise<ReturnRow> {
  const wasSent = row.sentAt > 0
  await change(row, { sentAt: Date.now(), state: 'asking' })
  try {
    const result = await api('post', '/api/pos/v1/receipts/{number}/returns', { path: { number: row.number }, body: row.body })
    return await change(row, { state: 'done', result, fault: null })
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem
    if (problem.status >= 500 || problem.status === 429 || problem.status === 408) throw new Unreachable()
    if (problem.status === 401) throw problem
    const fault = { code: problem.code, title: problem.message, remedy: problem.remedy }
    if (problem.code === SECOND_PERSON) return change(row, { state: 'waiting', fault })
    // A refusal after a lost answer: the first one may have been booked all the same.
    const booked = wasSent ? await bookedReturn(row) : null
    return booked ?? change(row, { state: 'refused', fault })
  }
}

/** Tell whether its request cannot be on the way any more, so that it may be given up. */
export function isSettled(row: ReturnRow, at: number): boolean {
  return row.state === 'waiting' || at - row.sentAt > ON_ITS_WAY_MS
}

/** Ask whether a return from before was booked; nothing is sent once more by this. */
export async function checkReturn(row: ReturnRow): Promise<ReturnRow> {
  return (await bookedReturn(row)) ?? row
}

/** Give a return up. What was booked stays booked: then it is returned as done. */
export async function giveUpReturn(row: ReturnRow): Promise<ReturnRow> {
  return (await bookedReturn(row)) ?? change(row, { state: 'dropped' })
}

/** Ask the receipt whether the return stands there. */
async function bookedReturn(row: ReturnRow): Promise<ReturnRow | null> {
  const result = (await receiptOf(row.number)).returns.find((one) => one.id === row.id)
  return result === undefined ? null : change(row, { state: 'done', result, fault: null })
}

async function change(row: ReturnRow, changes: Partial<ReturnRow>): Promise<ReturnRow> {
  await db.returns.update(row.id, changes)
  return (await db.returns.get(row.id))!
}
