/** Which till this is, who works at it, its shift; goods and rules; whether the server answers. */

import { computed, reactive, shallowRef } from 'vue'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { RulesOut, ShiftOut, StaffOut, TillOut } from '@core/api/pos.d.ts'
import { db } from '../data/db.ts'
import { Goods } from '../data/goods.ts'
import { uuid7 } from '../data/ids.ts'
import { loadGoods, loadRules } from '../data/kept.ts'
import { forgetOld } from '../data/outbox.ts'
import { api, onHeard, tokens } from './api.ts'

export interface Session {
  readonly token: string
  readonly expiresAt: string
  readonly staff: StaffOut
  readonly username: string
}

const HOUR_MS = 3_600_000

export const till = reactive({
  isReady: false,
  device: null as TillOut | null,
  session: null as Session | null,
  shift: null as ShiftOut | null,
  rules: null as RulesOut | null,
  version: '',
  isReached: false,
  /** When the server was last heard, in milliseconds. */
  heardAt: 0,
  /** Goods loaded so far, of how many; `of` 0 when nothing is loading. */
  loading: { have: 0, of: 0 },
  people: [] as string[],
  clockMs: 0,
})

export const goods = shallowRef(new Goods([], []))

/** So long without the server the till stops selling: its prices and its people would be too old. */
export const isLeaseOver = computed(() => {
  void clock.value
  return till.rules !== null && Date.now() - till.heardAt > till.rules.lease_hours * HOUR_MS
})
const clock = shallowRef(0)
setInterval(() => { clock.value += 1 }, 30_000)

/** Return the time as the server tells it, as far as the till knows. */
export function now(): Date {
  return new Date(Date.now() + till.clockMs)
}

export function may(permission: string): boolean {
  const held = till.session?.staff.permissions ?? []
  return held.some((one) => one === '*' || one === permission || (one.endsWith('.*') && permission.startsWith(one.slice(0, -1))))
}

/** Read what the till remembers; it works before anybody is asked. */
export async function wake(): Promise<void> {
  onHeard(heard)
  const [device, session, shift, rules, version, people, heardAt, clockMs] = await Promise.all([
    db.get<{ token: string, till: TillOut }>('device'), db.get<Session>('session'), db.get<ShiftOut>('shift'),
    db.get<RulesOut>('rules'), db.get<string>('version'), db.get<string[]>('people'), db.get<number>('heardAt'),
    db.get<number>('clock'),
  ])
  tokens.device = device?.token ?? ''
  tokens.staff = session?.token ?? ''
  Object.assign(till, {
    device: device?.till ?? null, session: session ?? null, shift: shift ?? null, rules: rules ?? null,
    version: version ?? '', people: people ?? [], heardAt: heardAt ?? 0, clockMs: clockMs ?? 0,
  })
  await readGoods()
  till.isReady = true
  void forgetOld(db)
  void navigator.storage?.persist?.()
}

async function readGoods(): Promise<void> {
  const buckets = await db.buckets.toArray()
  goods.value = new Goods(buckets.flatMap((bucket) => bucket.items), till.rules?.scale_layouts ?? [])
}

function heard(isReached: boolean): void {
  till.isReached = isReached
  if (!isReached) return
  const at = Date.now()
  if (at - till.heardAt > 10_000) void db.set('heardAt', at)
  till.heardAt = at
}

/** Load what has changed of goods and rules. Throws `Refused` and `Unreachable`. */
export async function refresh(): Promise<void> {
  const rules = await loadRules(db, { rules: () => api('get', '/api/pos/v1/rules'), differences })
  till.rules = rules
  till.clockMs = (await db.get<number>('clock')) ?? 0
  try {
    const changed = await loadGoods(db, { rules: async () => rules, differences }, (have, of) => { till.loading = { have, of } })
    till.version = (await db.get<string>('version')) ?? ''
    if (changed || goods.value.items.length === 0) await readGoods()
  } finally {
    till.loading = { have: 0, of: 0 }
  }
}

const differences = (body: { digests: string[], limit: number }) => api('post', '/api/pos/v1/catalogue/differences', { body })

export async function enrol(code: string): Promise<void> {
  const enrolled = await api('post', '/api/pos/v1/till', { body: { code: code.trim() } })
  await db.set('device', { token: enrolled.token, till: enrolled.till })
  tokens.device = enrolled.token
  till.device = enrolled.till
  await refresh()
}

export async function signIn(username: string, pin: string): Promise<void> {
  const answer = await api('post', '/api/pos/v1/staff-sessions', { body: { username: username.trim(), pin } })
  const session: Session = { token: answer.token, expiresAt: answer.expires_at, staff: answer.staff, username: username.trim() }
  tokens.staff = session.token
  till.session = session
  till.people = [session.username, ...till.people.filter((one) => one !== session.username)].slice(0, 6)
  await db.set('session', session)
  await db.set('people', [...till.people])
  await findShift()
}

/** Lock the till; the server is told when it can be. What was sold stays and is sent when somebody signs in. */
export async function signOut(): Promise<void> {
  const ending = api('delete', '/api/pos/v1/staff-sessions/current').catch(() => undefined)
  await db.meta.delete('session')
  await ending
  tokens.staff = ''
  till.session = null
}

/** The sign-in is over: somebody must type a PIN again. */
export async function dropSession(): Promise<void> {
  await db.meta.delete('session')
  tokens.staff = ''
  till.session = null
}

/** Ask which shift is open. Without an answer the one we remember stays. */
export async function findShift(): Promise<void> {
  try {
    await keepShift((await api('get', '/api/pos/v1/shifts/current')).shift)
  } catch (fault) {
    if (fault instanceof Refused && fault.status === 401) await dropSession()
    else if (!(fault instanceof Unreachable)) throw fault
  }
}

/** Open a shift. Not put off: without the server there is no shift. Its id is kept until it is answered. */
export async function openShift(floatFen: number): Promise<void> {
  const kept = await db.get<{ id: string, floatFen: number, username: string }>('opening')
  const isSame = kept !== undefined && kept.floatFen === floatFen && kept.username === till.session?.username
  const id = isSame ? kept.id : uuid7()
  await db.set('opening', { id, floatFen, username: till.session?.username })
  await keepShift(await api('post', '/api/pos/v1/shifts', { body: { id, float_fen: floatFen } }))
  await db.meta.delete('opening')
}

export async function keepShift(shift: ShiftOut | null): Promise<void> {
  till.shift = shift
  await db.set('shift', shift)
}
