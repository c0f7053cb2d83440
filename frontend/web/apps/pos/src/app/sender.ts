/** Sends in the background whatever is due, and keeps goods and rules fresh; nothing here asks the browser if it is online. */

import { liveQuery } from 'dexie'
import { reactive } from 'vue'
import { Refused } from '@core/api/client.ts'
import { db } from '../data/db.ts'
import type { OutboxRow } from '../data/db.ts'
import { sendDue, tryAgain } from '../data/outbox.ts'
import { api } from './api.ts'
import { dropSession, findShift, refresh, till } from './till.ts'

const EVERY_MS = 5_000
const AWAY_MS = 15_000
const REFRESH_MS = 60_000

export const outbox = reactive({ pending: [] as OutboxRow[], kept: [] as OutboxRow[], isSending: false, signInNeeded: false })

let timer = 0
const tasks: (() => Promise<void>)[] = []

/** Do this in each round too, when somebody is signed in and the server answers. */
export function everyRound(task: () => Promise<void>): void {
  tasks.push(task)
}

let refreshedAt = 0

export function startSending(): void {
  liveQuery(() => db.outbox.where('state').anyOf('pending', 'kept').sortBy('seq')).subscribe((rows) => {
    outbox.pending = rows.filter((one) => one.state === 'pending')
    outbox.kept = rows.filter((one) => one.state === 'kept')
  })
  sendSoon()
}

/** Send now, and go on in the background. */
export function sendSoon(): void {
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void turn(), 0)
}

async function turn(): Promise<void> {
  let wait = EVERY_MS
  try {
    if (till.device !== null) wait = await round()
  } catch (fault) {
    if (!(fault instanceof Refused)) console.warn('till: background', fault)
  }
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void turn(), wait)
}

async function round(): Promise<number> {
  if (Date.now() - refreshedAt > (till.isReached ? REFRESH_MS : AWAY_MS)) {
    try {
      await refresh()
      refreshedAt = Date.now()
    } catch {
      if (!till.isReached) return AWAY_MS
    }
  }
  if (till.session === null) return EVERY_MS
  outbox.isSending = true
  try {
    if (till.isReached) for (const task of tasks) await task()
    const end = await sendDue(db, (body) => api('post', '/api/pos/v1/journal', { body }))
    outbox.signInNeeded = end === 'signed_out'
    if (end === 'signed_out') await dropSession()
    return end === 'unreachable' ? AWAY_MS : EVERY_MS
  } finally {
    outbox.isSending = false
  }
}

/** Send what waits for a person once more. */
export async function sendKept(ids: readonly string[]): Promise<void> {
  for (const id of ids) await tryAgain(db, id)
  sendSoon()
}

/** A shift was opened: what waited for one is sent. */
export async function afterOpening(): Promise<void> {
  await sendKept(outbox.kept.filter((one) => one.reason?.code === 'pos.shift_not_open').map((one) => one.id))
}

/** Send everything now; returns how many sales are not there yet. */
export async function sendAll(): Promise<number> {
  await findShift()
  for (let tries = 0; tries < 3; tries += 1) {
    const end = await sendDue(db, (body) => api('post', '/api/pos/v1/journal', { body }))
    if (end !== 'elsewhere') break
    await new Promise((done) => setTimeout(done, 700))
  }
  return db.outbox.where('state').equals('pending').count()
}
