/** A receipt as it prints: rows of the paper, before anybody chooses how wide it is. */

import type { RulesOut, TillOut } from '@core/api/pos.d.ts'
import { formatYuan } from '@core/money.ts'
import { formatQuantity } from '@core/quantity.ts'
import type { SaleRow } from './db.ts'
import { namesText } from './served.ts'
import type { SoldBy } from './served.ts'

export interface SoldLine {
  readonly skuId: number
  readonly name: string
  readonly quantity: number
  readonly scale: number
  readonly unit: string
  readonly unitFen: number
  readonly listFen: number
  readonly netFen: number
  readonly labels: readonly string[]
  readonly giftOf: string
  /** Who served, when it was not just whoever sold. */
  readonly servedBy?: readonly SoldBy[]
}

/** `title` is large and centred, `text` left, `pair` left and right, `total` a large pair, `rule` a dashed line. */
export interface PaperRow {
  readonly kind: 'title' | 'centre' | 'text' | 'small' | 'pair' | 'total' | 'rule'
  readonly left: string
  readonly right: string
}

export type Words = (key: string, params?: Record<string, string | number>) => string

const row = (kind: PaperRow['kind'], left = '', right = ''): PaperRow => ({ kind, left, right })

/** The number on the paper: made here, so that it is there without a connection. */
export function paperNumber(till: Pick<TillOut, 'code'>, seq: number): string {
  return `${till.code}-${String(seq).padStart(6, '0')}`
}

function headOf({ store }: RulesOut): PaperRow[] {
  return [row('title', store.name), ...[store.address, store.phone].filter((text) => text !== '').map((text) => row('centre', text))]
}

/** Return the rows for whoever gets the present: what it is and where it was bought, no amount and no name. */
export function giftPaper(sale: SaleRow, till: TillOut, rules: RulesOut, t: Words): PaperRow[] {
  return [
    ...headOf(rules), row('centre', t('paper.gift_receipt')), row('rule'),
    row('pair', t('paper.number'), paperNumber(till, sale.seq)),
    row('pair', t('paper.time'), moment(sale.soldAt, rules.store.time_zone).slice(0, 10)), row('rule'),
    ...sale.lines.map((line) => row('pair', line.name, `${formatQuantity({ base: line.quantity, scale: line.scale })} ${line.unit}`.trim())),
    row('rule'), row('centre', t('paper.gift_text')),
  ]
}

/** Return the rows of a sale's receipt. */
export function paper(sale: SaleRow, till: TillOut, rules: RulesOut, t: Words, isCopy = false): PaperRow[] {
  const { store } = rules
  const rows = headOf(rules)
  if (isCopy) rows.push(row('centre', t('paper.copy')))
  rows.push(row('rule'))
  rows.push(row('pair', t('paper.number'), paperNumber(till, sale.seq)))
  rows.push(row('pair', t('paper.time'), moment(sale.soldAt, store.time_zone)))
  rows.push(row('pair', t('paper.cashier'), sale.cashier))
  const served = [...new Set(sale.lines.filter((line) => line.giftOf === '').map((line) => namesText(line.servedBy ?? [])))]
  if (served.length === 1 && served[0] !== '') rows.push(row('text', t('serve.paper', { people: served[0]! })))
  if (sale.member !== null) rows.push(row('pair', t('paper.member'), sale.member.phone_masked || sale.member.number))
  rows.push(row('rule'))
  for (const line of sale.lines) {
    rows.push(row('text', line.giftOf === '' ? line.name : `[${t('paper.gift')}] ${line.name}`))
    const amount = `${formatQuantity({ base: line.quantity, scale: line.scale })} ${line.unit} × ${formatYuan(line.unitFen)}`
    rows.push(row('pair', amount, formatYuan(line.netFen)))
    if (line.netFen < line.listFen && line.giftOf === '') {
      rows.push(row('small', line.labels.join(' · '), `-${formatYuan(line.listFen - line.netFen)}`))
    }
    const people = namesText(line.servedBy ?? [])
    if (served.length > 1 && people !== '') rows.push(row('text', `  ${t('serve.paper', { people })}`))
  }
  rows.push(row('rule'))
  const pieces = sale.lines.reduce((sum, line) => sum + (line.scale === 1 ? line.quantity : 1), 0)
  rows.push(row('pair', t('paper.goods', { pieces }), formatYuan(sale.goodsFen)))
  const coupons = sale.rights?.coupons ?? []
  const pointsFen = sale.rights?.pointsFen ?? 0
  const freightFen = sale.way?.freightFen ?? 0
  const roundingFen = sale.roundingFen ?? 0
  const savedFen = sale.goodsFen + freightFen - sale.payableFen - pointsFen - roundingFen - coupons.reduce((sum, one) => sum + one.amountFen, 0)
  if (savedFen > 0) rows.push(row('pair', t('paper.saved'), `-${formatYuan(savedFen)}`))
  for (const one of coupons) rows.push(row('pair', t('paper.coupon', { name: one.label }), `-${formatYuan(one.amountFen)}`))
  if (pointsFen > 0) rows.push(row('pair', t('paper.points', { points: sale.rights?.points ?? 0 }), `-${formatYuan(pointsFen)}`))
  if (roundingFen > 0) rows.push(row('pair', t('round.paper'), `-${formatYuan(roundingFen)}`))
  if (sale.isWrapped) rows.push(row('pair', t('wrap.paper'), t('wrap.free')))
  if (sale.way !== undefined) rows.push(row('pair', t(`way.${sale.way.delivery}`), freightFen > 0 ? formatYuan(freightFen) : t('way.free')))
  rows.push(row('total', t('paper.total'), `¥${formatYuan(sale.payableFen)}`))
  for (const one of sale.tenders) {
    const name = one.reference === '' ? t(`tender.${one.tender}`) : `${t(`tender.${one.tender}`)} ${one.reference}`
    rows.push(row('pair', name, formatYuan(one.tenderedFen ?? one.amountFen)))
  }
  if (sale.tenders.some((one) => one.tender === 'cash')) rows.push(row('pair', t('paper.change'), formatYuan(sale.changeFen)))
  rows.push(row('rule'))
  if (sale.way !== undefined) rows.push(...wayRows(sale, store.time_zone, t), row('rule'))
  if (rules.receipt_footer !== '') rows.push(row('centre', rules.receipt_footer))
  rows.push(row('centre', t('paper.thanks')))
  return rows
}

/** What comes later, and how: never an address. */
function wayRows({ way, pickupCode }: SaleRow, zone: string, t: Words): PaperRow[] {
  if (way === undefined) return []
  const rows = [row('pair', t('way.order'), way.number)]
  if (way.delivery === 'pickup' && way.place !== null) rows.push(row('text', t('way.fetch_at', { store: way.place.name })))
  if (way.delivery === 'express') rows.push(row('text', t('way.express_text')))
  if (way.from !== null && way.until !== null) rows.push(row('text', t('way.comes', { time: windowText(way.from, way.until, zone) })))
  if (pickupCode !== undefined) rows.push(row('total', t('way.code'), pickupCode))
  return rows
}

/** Return a span of time as the store's clock shows it: `03-10 15:00–18:00`. */
export function windowText(from: string, until: string, zone: string): string {
  return `${moment(from, zone).slice(5, 16)}–${moment(until, zone).slice(11, 16)}`
}

/** Return a moment as the store's clock shows it. */
export function moment(iso: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
  })
  return parts.format(new Date(iso))
}

/** Return the width of a text on paper: a Chinese character takes two columns. */
export function columns(text: string): number {
  let width = 0
  for (const sign of text) width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(sign) ? 2 : 1
  return width
}

/** Return the rows as lines of so many columns (58 mm: 32, 80 mm: 48), as a printer sets them. */
export function typeset(rows: readonly PaperRow[], width: number): string[] {
  return rows.flatMap((each) => {
    if (each.kind === 'rule') return ['-'.repeat(width)]
    if (each.kind === 'title' || each.kind === 'centre') {
      return wrapped(each.left, width).map((line) => ' '.repeat(Math.floor((width - columns(line)) / 2)) + line)
    }
    if (each.right === '') return wrapped(each.left, width)
    const indent = each.kind === 'small' ? '  ' : ''
    const room = width - columns(each.right) - 1 - indent.length
    const lefts = wrapped(each.left, room)
    const last = lefts.pop() ?? ''
    return [
      ...lefts.map((line) => indent + line),
      indent + last + ' '.repeat(Math.max(1, width - indent.length - columns(last) - columns(each.right))) + each.right,
    ]
  })
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const sign of text) {
    if (columns(line) + columns(sign) > width) {
      lines.push(line)
      line = ''
    }
    line += sign
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line]
}
