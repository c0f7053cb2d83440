/**
 * Cash put into the drawer or taken out. Its id is on the disk before it is sent, so that a lost answer is asked for under
 * the same id and books once; one at a time, the next when the last is known.
 */

import { liveQuery } from 'dexie'
import { reactive } from 'vue'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { CashMoveOut } from '@core/api/pos.d.ts'
import { db } from '../data/db.ts'
import { printed } from '../data/escpos.ts'
import { uuid7 } from '../data/ids.ts'
import { cashSlip } from '../data/slips.ts'
import { api } from './api.ts'
import { told } from './faults.ts'
import type { Told } from './faults.ts'
import { t } from './i18n.ts'
import { printDirectly, printsDirectly } from './printer.ts'
import type { JobState } from './printer.ts'
import { everyRound } from './sender.ts'
import { till } from './till.ts'

/** What was sent and is not known yet; `refusal`: it was not booked, and somebody should know. */
export interface KeptMove {
  readonly id: string
  readonly shiftId: string
  readonly amountFen: number
  readonly reason: string
  readonly refusal: Told | null
}

export const cash = reactive({ kept: null as KeptMove | null, booked: null as CashMoveOut | null })

const KEY = 'cash'
let sending: Promise<CashMoveOut> | null = null
/** A person waits for the answer, and is told it: the background keeps out. */
let isMoving = false

liveQuery(() => db.get<KeptMove>(KEY)).subscribe((kept) => { cash.kept = kept ?? null })

/** Move cash. Throws what the server refused (then nothing was booked), and `Unreachable`: then it is kept and sent again. */
export async function moveCash(amountFen: number, reason: string): Promise<CashMoveOut> {
  const shiftId = till.shift?.id
  if (shiftId === undefined || (await db.get<KeptMove>(KEY)) !== undefined) throw new Error('no shift, or the last one is not known')
  const move: KeptMove = { id: uuid7(), shiftId, amountFen, reason, refusal: null }
  isMoving = true
  try {
    await db.set(KEY, move)
    return await send(move)
  } catch (fault) {
    if (isFinal(fault)) await forgetMove()
    throw fault
  } finally {
    isMoving = false
  }
}

/** Send what is kept once more. Returns it when it is booked, `null` when there is nothing to send or nobody knows yet. */
export async function settleCash(): Promise<CashMoveOut | null> {
  const move = await db.get<KeptMove>(KEY)
  if (move === undefined || move.refusal !== null || isMoving) return null
  try {
    return await send(move)
  } catch (fault) {
    if (isFinal(fault)) await db.set(KEY, { ...move, refusal: { ...told(fault) } })
    return null
  }
}

/** Somebody has read why it was not booked. */
export async function forgetMove(): Promise<void> {
  await db.meta.delete(KEY)
  cash.kept = null
}

/** One request at a time: the background does not race with whoever presses the button. */
function send(move: KeptMove): Promise<CashMoveOut> {
  sending ??= post(move).finally(() => { sending = null })
  return sending
}

async function post(move: KeptMove): Promise<CashMoveOut> {
  const body = { id: move.id, amount_fen: move.amountFen, reason: move.reason }
  const booked = await api('post', '/api/pos/v1/shifts/{shift_id}/cash-moves', { path: { shift_id: move.shiftId }, body })
  await forgetMove()
  cash.booked = booked
  return booked
}

/** The server has decided: asking again would bring the same. */
function isFinal(fault: unknown): boolean {
  return fault instanceof Refused && fault.status < 500 && ![401, 408, 429].includes(fault.status)
}

export function cashTold(fault: unknown): Told {
  if (fault instanceof Unreachable) return { title: t('cash.unheard'), remedy: t('cash.unheard_remedy') }
  return told(fault)
}

/** Open the drawer and print the slip, by the move's own id: once. `null`: no printer stands here. */
export async function printSlip(move: CashMoveOut): Promise<JobState | null> {
  if (!printsDirectly() || till.device === null || till.rules === null) return null
  const columns = localStorage.getItem('quanyu-pos-paper') === '58' ? 32 : 48
  const rows = cashSlip({ move, store: till.rules.store, till: till.device, staff: till.session?.staff.name ?? '' }, t)
  return printDirectly(move.id, printed(rows, { columns, drawer: true }))
}

everyRound(async () => { await settleCash() })
