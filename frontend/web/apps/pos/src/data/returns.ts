/** Goods that come back: what of a receipt may be returned and was chosen, and the slip. The money is the server's answer. */

import type { MemberOut, PlaceOut, PreviewOut, ReceiptLineOut, ReturnIn, ReturnLineIn, ReturnOut, TillOut } from '@core/api/pos.d.ts'
import { formatYuan } from '@core/money.ts'
import { formatQuantity } from '@core/quantity.ts'
import type { TillDb } from './db.ts'
import { moment } from './receipts.ts'
import type { PaperRow, Words } from './receipts.ts'

export const REASONS = ['changed_mind', 'size', 'wrong_item', 'damaged', 'quality', 'not_as_described', 'other'] as const
export const RESTOCKS = ['sellable', 'damaged', 'none'] as const
export const NOTE_MAX = 200
export type Reason = (typeof REASONS)[number]
export type Restock = (typeof RESTOCKS)[number]

/** How much of a line comes back; `restock` null: as the reason says. */
export interface Choice {
  readonly quantity: number
  readonly restock: Restock | null
}

/** What was chosen, by the number of the line. */
export type Choices = Readonly<Record<number, Choice>>

/** A line that came back, as the slip shows it. */
export interface BackLine {
  readonly number: number
  readonly name: string
  readonly unit: string
  readonly quantity: number
  readonly scale: number
}

/**
 * A return as it is kept before it is sent: asking again is asking about the same. `asking`: no answer yet; `waiting`: a
 * second person must approve it; `refused` and `dropped`: nothing was booked.
 */
export interface ReturnRow {
  readonly id: string
  readonly state: 'asking' | 'waiting' | 'done' | 'refused' | 'dropped'
  readonly begunAt: string
  /** When it was sent last, in milliseconds: so long its answer may still be on the way. */
  readonly sentAt: number
  readonly number: string
  readonly body: ReturnIn
  readonly shown: PreviewOut
  readonly lines: readonly BackLine[]
  readonly member: MemberOut | null
  readonly cashier: string
  readonly result: ReturnOut | null
  readonly fault: { readonly code: string, readonly title: string, readonly remedy: string } | null
}

const SALE_ID = /^[0-9a-f]{32}$/i
const ORDER_NUMBER = /^[A-Z]{2}[0-9]{18}$/
const PAPER_NUMBER = /^[0-9]{2,6}-[0-9]{6,}$/
const KEPT_MS = 30 * 86_400_000

/** Tell whether a scanned text has the form of what stands on a receipt. */
export function couldBeReceipt(text: string): boolean {
  return SALE_ID.test(text) || ORDER_NUMBER.test(text.toUpperCase()) || PAPER_NUMBER.test(text)
}

/** Return what the server is asked for; a few digits alone are a number of this till. `null`: not a receipt's number. */
export function receiptNumber(typed: string, till: Pick<TillOut, 'code'>): string | null {
  const text = typed.normalize('NFKC').replace(/\s/g, '').toUpperCase()
  if (/^[0-9]{1,6}$/.test(text)) return `${till.code}-${text.padStart(6, '0')}`
  return /^[A-Z0-9-]{4,32}$/.test(text) ? text : null
}

export function leftOf(line: ReceiptLineOut): number {
  return line.quantity - line.returned_quantity
}

/** Return the choices with another quantity of a line: never below nothing, never more than is left. */
export function chosenQuantity(choices: Choices, line: ReceiptLineOut, quantity: number): Choices {
  const wanted = Math.max(0, Math.min(quantity, leftOf(line)))
  const { [line.number]: before, ...others } = choices
  return wanted === 0 ? others : { ...others, [line.number]: { quantity: wanted, restock: before?.restock ?? null } }
}

export function chosenRestock(choices: Choices, number: number, restock: Restock): Choices {
  const before = choices[number]
  return before === undefined ? choices : { ...choices, [number]: { ...before, restock } }
}

/** Return the choices with all that is left of every line. */
export function everything(choices: Choices, lines: readonly ReceiptLineOut[]): Choices {
  return lines.reduce((all, line) => chosenQuantity(all, line, leftOf(line)), choices)
}

/** What becomes of the goods: as somebody said, else broken goods do not go back to the shelf. */
export function restockOf(choice: Choice, reason: Reason | null): Restock {
  return choice.restock ?? (reason === 'damaged' || reason === 'quality' ? 'damaged' : 'sellable')
}

/**
 * Take a scan of goods: so much more of the first of their lines that has some left, goods without a weight whole. `number`
 * is the line it went to; `null` with the choices as they were: all of them are chosen already, or none were sold.
 */
export function scannedBack(
  choices: Choices, lines: readonly ReceiptLineOut[], skuId: number, quantity: number | null,
): { readonly choices: Choices, readonly number: number | null, readonly isSold: boolean } {
  const sold = lines.filter((line) => line.sku_id === skuId)
  const line = sold.find((one) => (choices[one.number]?.quantity ?? 0) < leftOf(one))
  if (line === undefined) return { choices, number: null, isSold: sold.length > 0 }
  const wanted = (choices[line.number]?.quantity ?? 0) + (quantity ?? leftOf(line))
  return { choices: chosenQuantity(choices, line, wanted), number: line.number, isSold: true }
}

/** Return the lines as the server takes them. */
export function linesBack(choices: Choices, reason: Reason | null): ReturnLineIn[] {
  return Object.entries(choices).map(([number, choice]) => ({
    line_number: Number(number), quantity: choice.quantity, restock: restockOf(choice, reason),
  }))
}

/** Return the money that goes back in cash. */
export function cashOf(refunds: readonly (readonly [string, number])[]): number {
  return refunds.reduce((sum, [tender, fen]) => sum + (tender === 'cash' ? fen : 0), 0)
}

/** Keep a return before it is sent; those that ended long ago are forgotten. */
export async function keepReturn(db: TillDb, row: ReturnRow): Promise<void> {
  const before = new Date(Date.parse(row.begunAt) - KEPT_MS).toISOString()
  await db.transaction('rw', db.returns, async () => {
    await db.returns.add(row)
    await db.returns.where('state').anyOf('done', 'refused', 'dropped').filter((one) => one.begunAt < before).delete()
  })
}

/** Return the rows of the slip: what came back, what goes back and how, with a line to sign. */
export function returnSlip(row: ReturnRow, result: ReturnOut, store: Pick<PlaceOut, 'name' | 'time_zone'>, t: Words): PaperRow[] {
  const line = (kind: PaperRow['kind'], left = '', right = ''): PaperRow => ({ kind, left, right })
  const rows = [line('title', store.name), line('centre', t('return.slip')), line('rule')]
  rows.push(line('pair', t('return.slip_number'), result.number), line('pair', t('return.slip_receipt'), row.number))
  rows.push(line('pair', t('paper.time'), moment(row.begunAt, store.time_zone)), line('pair', t('paper.cashier'), row.cashier))
  if (row.member !== null) rows.push(line('pair', t('paper.member'), row.member.phone_masked || row.member.number))
  rows.push(line('rule'))
  for (const back of row.lines) {
    const fen = result.lines.find(([number]) => number === back.number)?.[2] ?? 0
    rows.push(line('text', back.name), line('pair', `${formatQuantity({ base: back.quantity, scale: back.scale })} ${back.unit}`, formatYuan(fen)))
  }
  rows.push(line('rule'))
  if (result.freight_fen > 0) rows.push(line('pair', t('return.freight'), formatYuan(result.freight_fen)))
  for (const one of result.withheld) rows.push(line('pair', t('return.slip_withheld', { name: one.label }), formatYuan(-one.amount_fen)))
  rows.push(line('total', t('return.slip_total'), `¥${formatYuan(result.amount_fen)}`))
  for (const [tender, fen] of result.refunds) rows.push(line('pair', t(`tender.${tender}`), formatYuan(fen)))
  if (result.points_restored > 0) rows.push(line('pair', t('return.points_restored'), `+${result.points_restored}`))
  if (result.points_taken_back > 0) rows.push(line('pair', t('return.points_taken_back'), `-${result.points_taken_back}`))
  if (result.coupons_returned > 0) rows.push(line('pair', t('return.coupons_returned'), String(result.coupons_returned)))
  rows.push(line('rule'), line('text', t('return.slip_sign')), line('text', ' '))
  return rows
}
