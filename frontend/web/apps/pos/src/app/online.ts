/**
 * Sales that only the server makes: by coupons, by points, by a payment code. What was sent is on the disk before, so that a
 * lost answer is asked for again under the same id; what is unknown stays "asking" until the server knows.
 */

import { liveQuery } from 'dexie'
import { reactive, ref } from 'vue'
import { Refused, Unreachable } from '@core/api/client.ts'
import type { SaleOut } from '@core/api/pos.d.ts'
import { advisedRow } from '../data/advice.ts'
import { isSameSale } from '../data/basket.ts'
import type { Basket } from '../data/basket.ts'
import { cancelInMs, pauseMs, standing } from '../data/charging.ts'
import type { Standing, Wallet } from '../data/charging.ts'
import { reasonOf } from '../data/cuts.ts'
import { db } from '../data/db.ts'
import type { OnlineRow, SaleRow } from '../data/db.ts'
import { uuid7 } from '../data/ids.ts'
import { finish, reserve } from '../data/journal.ts'
import { linesIn, NONE } from '../data/rights.ts'
import type { Tendered } from '../data/tenders.ts'
import { servedOf } from '../data/served.ts'
import { wayIn } from '../data/ways.ts'
import { api } from './api.ts'
import { besideRounding, clear, counter, cuts, labelsOf, nameOf, payableFen, tendersIn, unitOf } from './counter.ts'
import { told } from './faults.ts'
import type { Told } from './faults.ts'
import { t } from './i18n.ts'
import { couponOf } from './rights.ts'
import { everyRound } from './sender.ts'
import { peopleOf } from './served.ts'
import { goods, now, till } from './till.ts'

/** `sending`: is the sale there? `asking`: was it paid? `cancelling`: it is being given up. */
export const asking = reactive({
  row: null as OnlineRow | null, phase: 'sending' as 'sending' | 'asking' | 'cancelling', isHeard: true, note: null as Told | null, beganAt: 0,
})

/** `failed`: no money came and none can; `cancelled`: given up by us; `later`: put aside while it is being asked about. */
export type End = { readonly sale: SaleRow } | { readonly end: 'failed' | 'cancelled' | 'later' }

const FEW = 2
/** What is over keeps its number and forgets whose it was. */
const CANCELLED = { state: 'cancelled', basket: null } as const
/** A sale for a payment code that nobody has charged for so long was left in the middle. */
const FORGOTTEN_MS = 120_000
let tellSettled: (sale: SaleRow | null) => void = () => undefined
let wish: 'cancel' | 'later' | null = null
let wake: () => void = () => undefined

/** Keep what is to be sold: its id, its number, and all that will be sent. */
export async function begin(tenders: readonly Tendered[], wallet: Wallet | null): Promise<OnlineRow> {
  const basket = JSON.parse(JSON.stringify(counter.basket)) as Basket
  const { couponIds, points } = basket.chosen ?? NONE
  const id = uuid7()
  return reserve(db, {
    id, basket, wallet, chargedAt: 0,
    body: {
      id, lines: linesIn(basket, cuts.value), approval_id: basket.word?.id ?? null, member_id: basket.shopper?.member.id ?? null, coupon_ids: [...couponIds], points, note: '',
      tenders: tendersIn(tenders), expected_payable_fen: payableFen.value, way: wayIn(basket.way),
      gift: basket.isWrapped ? { wrap: true, card: '', sender: '' } : null,
    },
  })
}

/**
 * Send a sale with its tenders. Throws what the server refused (then nothing was sold), and `Unreachable` when nobody
 * knows: then it goes on with `follow`.
 */
export async function sellThere(row: OnlineRow): Promise<SaleRow> {
  wish = null
  const sale = await sent(row, FEW)
  if (sale === null || standing(sale) !== 'paid') throw new Unreachable()
  return keep(row, sale)
}

/** Send, charge and ask until it is known; `code` null: only ask. Throws what the server refused. */
export async function follow(row: OnlineRow, code: string | null): Promise<End> {
  wish = null
  Object.assign(asking, { row, phase: 'sending', isHeard: true, note: null, beganAt: Date.now() })
  try {
    const sale = await sent(row, Number.POSITIVE_INFINITY)
    if (sale === null) return await unsent(row)
    let stands = standing(sale)
    let refusal: Refused | null = null
    if (stands === 'unpaid' && code !== null) {
      const charged = await charge(row, code)
      refusal = charged.refusal
      stands = charged.stands
    }
    return await known(row, stands, sale, refusal)
  } finally {
    asking.row = null
  }
}

/** Tell somebody of a sale that was put aside: paid now, or `null`: it came to nothing and its basket is held. */
export function onSettled(tell: (sale: SaleRow | null) => void): void {
  tellSettled = tell
}

/** Give the open payment up as soon as its provider allows it. */
export function giveUp(): void {
  wish = 'cancel'
  wake()
}

/** Serve the next customer; it is asked about in the background. */
export function putAside(): void {
  wish = 'later'
  wake()
}

async function known(row: OnlineRow, first: Standing, latest: SaleOut, refusal: Refused | null): Promise<End> {
  let [stands, sale] = [first, latest]
  asking.phase = 'asking'
  for (let turn = 0; ; turn += 1) {
    if (stands === 'paid') {
      if (sale.order.state === 'placed') sale = await api('get', '/api/pos/v1/sales/{order_id}', { path: { order_id: row.id } })
      return { sale: await keep(row, sale) }
    }
    if (stands === 'cancelled') return await ended(row, 'cancelled')
    if (stands === 'failed' || (stands === 'unpaid' && row.wallet !== null)) {
      await drop(row)
      if (refusal !== null) throw refusal
      return { end: 'failed' }
    }
    if (asWished('later')) return { end: 'later' }
    if (wish !== 'cancel' || cancelInMs(asking.row?.chargedAt ?? 0, Date.now()) > 0) await pause(pauseMs(turn))
    try {
      sale = wish === 'cancel' ? await cancelled(row) : await api('post', '/api/pos/v1/sales/{order_id}/charges/check', { path: { order_id: row.id } })
      asking.isHeard = true
      stands = standing(sale)
    } catch (fault) {
      asking.isHeard = !(fault instanceof Unreachable)
      if (fault instanceof Refused && fault.status === 404) stands = 'cancelled'
      else if (fault instanceof Refused && fault.status === 401) throw fault
    }
  }
}

function asWished(what: 'later'): boolean {
  return wish === what
}

/** Cancel when the provider's delay is over; until then, and when it is refused, ask as before. */
async function cancelled(row: OnlineRow): Promise<SaleOut> {
  if (cancelInMs(asking.row?.chargedAt ?? 0, Date.now()) > 0) {
    return api('post', '/api/pos/v1/sales/{order_id}/charges/check', { path: { order_id: row.id } })
  }
  asking.phase = 'cancelling'
  try {
    return await api('post', '/api/pos/v1/sales/{order_id}/cancellation', { path: { order_id: row.id }, body: { reason: 'given_up' } })
  } catch (fault) {
    asking.phase = 'asking'
    wish = null
    asking.note = told(fault)
    return api('get', '/api/pos/v1/sales/{order_id}', { path: { order_id: row.id } })
  }
}

/** Charge once. An answer that did not come, or that an attempt is open, means: ask. */
async function charge(row: OnlineRow, code: string): Promise<{ stands: Standing, refusal: Refused | null }> {
  const chargedAt = Date.now()
  await db.online.update(row.id, { chargedAt })
  if (asking.row !== null) asking.row = { ...asking.row, chargedAt }
  asking.phase = 'asking'
  try {
    const { sale } = await api('post', '/api/pos/v1/sales/{order_id}/charges', { path: { order_id: row.id }, body: { auth_code: code } })
    asking.isHeard = true
    return { stands: standing(sale), refusal: null }
  } catch (fault) {
    asking.isHeard = !(fault instanceof Unreachable)
    if (!(fault instanceof Refused) || fault.code === 'payments.in_progress') return { stands: 'asking', refusal: null }
    const sale = await api('get', '/api/pos/v1/sales/{order_id}', { path: { order_id: row.id } }).catch(() => null)
    return { stands: sale === null ? 'asking' : standing(sale), refusal: fault }
  }
}

async function sent(row: OnlineRow, tries: number): Promise<SaleOut | null> {
  for (let turn = 0; wish === null; turn += 1) {
    try {
      const sale = await api('post', '/api/pos/v1/sales', { body: row.body })
      asking.isHeard = true
      return sale
    } catch (fault) {
      const isOpen = fault instanceof Unreachable || (fault instanceof Refused && (fault.status >= 500 || fault.status === 429))
      if (fault instanceof Refused && !isOpen && fault.status !== 401) await db.online.update(row.id, CANCELLED)
      if (!isOpen || turn + 1 >= tries) throw fault instanceof Refused && isOpen ? new Unreachable() : fault
      asking.isHeard = false
      await pause(pauseMs(turn))
    }
  }
  return null
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    const timer = window.setTimeout(done, ms)
    wake = () => {
      window.clearTimeout(timer)
      done()
    }
  })
}

/** Nobody knows whether it is there, and somebody else waits: without a charge it is given up, with money it is sent later. */
async function unsent(row: OnlineRow): Promise<End> {
  if (row.wallet === null || row.chargedAt > 0) return { end: 'later' }
  await drop(row)
  return { end: 'cancelled' }
}

async function ended(row: OnlineRow, end: 'failed' | 'cancelled'): Promise<End> {
  await db.online.update(row.id, CANCELLED)
  return { end }
}

/** Give a sale without money up; when the server is not there, later. */
async function drop(row: OnlineRow): Promise<void> {
  await db.online.update(row.id, { state: 'dropped' })
  try {
    const sale = await api('post', '/api/pos/v1/sales/{order_id}/cancellation', { path: { order_id: row.id }, body: { reason: 'given_up' } })
    if (standing(sale) === 'cancelled') await db.online.update(row.id, CANCELLED)
  } catch (fault) {
    if (fault instanceof Refused && fault.status === 404) await db.online.update(row.id, CANCELLED)
    else if (fault instanceof Refused && fault.status === 409) await db.online.update(row.id, { state: 'open' })
  }
}

/** In the background: end what was given up, and ask about what was put aside. */
export async function sweep(): Promise<void> {
  for (const row of await db.online.where('state').anyOf('dropped', 'open').toArray()) {
    if (asking.row?.id === row.id || (asking.row !== null && row.state === 'open')) continue
    if (row.state === 'dropped') await drop(row)
    else if (row.wallet === null) await again(row)
    else if (row.chargedAt > 0) await ask(row)
    else if (Date.now() - bornAt(row) > FORGOTTEN_MS) await drop(row)
  }
}

/** When an id of version 7 was made. */
function bornAt(row: OnlineRow): number {
  return Number.parseInt(row.id.replace('-', '').slice(0, 12), 16)
}

/** Money was taken for it: what the server refuses stays open, for a person to look at. */
async function again(row: OnlineRow): Promise<void> {
  const sale = await api('post', '/api/pos/v1/sales', { body: row.body }).catch(() => null)
  if (sale !== null && standing(sale) === 'paid') tellSettled(await keep(row, sale))
}

async function ask(row: OnlineRow): Promise<void> {
  const sale = await api('post', '/api/pos/v1/sales/{order_id}/charges/check', { path: { order_id: row.id } })
  const stands = standing(sale)
  if (stands === 'paid') tellSettled(await keep(row, sale))
  else if (stands !== 'asking') {
    await holdAgain(row)
    if (stands === 'cancelled') await db.online.update(row.id, CANCELLED)
    else await drop(row)
    tellSettled(null)
  }
}

/** What was not paid is held under the wallet's name: the customer may come back. */
async function holdAgain(row: OnlineRow): Promise<void> {
  const totalFen = row.body.expected_payable_fen ?? 0
  const name = t('wait.held', { tender: t(`tender.${row.wallet ?? 'cash'}`) })
  await db.held.put({ id: row.id, name, heldAt: now().toISOString(), totalFen, basket: row.basket })
}

/** Write down what the server has sold; what lay on the counter for it is taken away. */
async function keep(row: OnlineRow, { order, payments, change_fen, pickup_code }: SaleOut): Promise<SaleRow> {
  const basket = row.basket as Basket
  const references = (row.body.tenders ?? []).map((one) => ({ ...one, isTaken: false }))
  const tenders = payments.filter((one) => one.state === 'paid').map((one) => {
    const given = references.find((each) => !each.isTaken && each.tender === one.tender && each.amount_fen === one.amount_fen)
    if (given !== undefined) given.isTaken = true
    return { tender: one.tender, amountFen: one.amount_fen, tenderedFen: one.tendered_fen, reference: given?.reference ?? '' }
  })
  const sale: SaleRow = {
    id: row.id, seq: row.seq, soldAt: order.paid_at ?? now().toISOString(), digest: '', made: null,
    lines: order.lines.map((line, place) => {
      const item = goods.value.sku(line.sku_id)
      const asked = line.gift_of === '' ? row.body.lines[place] : undefined
      const cut = asked && { fen: asked.discount_fen, reason: asked.discount_reason, roundingFen: asked.rounding_fen ?? 0 }
      return {
        skuId: line.sku_id, name: item === undefined ? line.name : nameOf(item), quantity: line.quantity, scale: line.quantity_scale,
        unit: item === undefined ? '' : unitOf(item), unitFen: line.unit_price_fen, listFen: line.list_fen,
        netFen: line.net_fen + line.coupon_fen + line.points_fen + (cut?.roundingFen ?? 0),
        labels: labelsOf(besideRounding(line.discounts, cut), reasonOf(basket, basket.lines[place]?.key ?? 0)), giftOf: line.gift_of,
        servedBy: line.gift_of === '' ? peopleOf(servedOf(basket, basket.lines[place])) : [],
      }
    }),
    goodsFen: order.goods_fen, discounts: [], payableFen: order.payable_fen, tenders, changeFen: change_fen,
    isWrapped: row.body.gift?.wrap === true, roundingFen: row.body.lines.reduce((sum, one) => sum + (one.rounding_fen ?? 0), 0),
    cashier: till.session?.staff.name ?? '', member: basket.shopper?.member ?? null,
    rights: {
      coupons: order.coupons.map((one) => ({ label: couponName(basket, one.id) ?? one.label, amountFen: one.amount_fen })),
      points: order.points_spent, pointsFen: order.points_fen,
    },
    ...(basket.way === undefined ? {} : { way: { ...basket.way, addressId: null, freightFen: order.freight_fen, number: order.number } }),
  }
  const kept = await finish(db, JSON.parse(JSON.stringify(sale)) as SaleRow, order.number, advisedRow(row.id, basket))
  if (isSameSale(counter.basket, basket)) clear()
  // Who has the code has the goods: it is on the customer's paper, and never on the disk.
  return pickup_code === '' ? kept : { ...kept, pickupCode: pickup_code }
}

function couponName(basket: Basket, id: string): string | undefined {
  const coupon = basket.shopper?.coupons?.find((one) => one.id === id) ?? couponOf(id)
  return coupon === undefined ? undefined : nameOf(coupon)
}

everyRound(sweep)

export const waiting = ref<OnlineRow[]>([])
liveQuery(() => db.online.where('state').equals('open').toArray()).subscribe((rows) => { waiting.value = rows })

/** What is open from before a reload: a sale that was sent, or asked about. */
export async function unfinished(): Promise<OnlineRow | undefined> {
  return (await db.online.where('state').equals('open').toArray()).find((row) => row.wallet === null || row.chargedAt > 0)
}
