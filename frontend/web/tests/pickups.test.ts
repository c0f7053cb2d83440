import { describe, expect, test } from 'vitest'
import { all, clockText, codeOf, isThere, missing, scanned, toggled } from '@pos/data/pickups.ts'
import { printed } from '@pos/data/escpos.ts'
import { typeset } from '@pos/data/receipts.ts'
import { cashSlip } from '@pos/data/slips.ts'
import en from '@pos/i18n/en.json'
import zh from '@pos/i18n/zh.json'
import { RULES } from './made.ts'

const line = (number: number, skuId: number, quantity: number, scale = 1) => ({ number, sku_id: skuId, quantity, quantity_scale: scale })
const LINES = [line(1, 7, 3), line(2, 8, 1250, 1000), line(3, 7, 1)]

describe('goods of an order on the counter', () => {
  test('pieces are counted, a pack counts its pieces, and the next line of the same goods follows', () => {
    const one = scanned(LINES, {}, 7, 1)
    expect(one).toEqual({ counted: { 1: 1 }, number: 1 })
    const whole = scanned(LINES, { 1: 1 }, 7, 6)
    expect(whole).toEqual({ counted: { 1: 3 }, number: 1 })
    expect(scanned(LINES, { 1: 3 }, 7, 1)).toEqual({ counted: { 1: 3, 3: 1 }, number: 3 })
    expect(scanned(LINES, { 1: 3, 3: 1 }, 7, 1)).toBe('enough')
  })
  test('what was weighed is there at one scan, whatever its label says', () => {
    expect(scanned(LINES, {}, 8, 300)).toEqual({ counted: { 2: 1250 }, number: 2 })
  })
  test('goods of nobody are foreign', () => {
    expect(scanned(LINES, {}, 9, 1)).toBe('foreign')
  })
  test('a touch ticks a whole line and takes it back, also one that was half counted', () => {
    expect(toggled(LINES[0]!, { 1: 1 })).toEqual({ 1: 3 })
    expect(toggled(LINES[0]!, { 1: 3 })).toEqual({ 1: 0 })
    expect([missing(LINES, {}), missing(LINES, { 1: 3 }), missing(LINES, all(LINES))]).toEqual([3, 2, 0])
    expect(isThere(LINES[1]!, { 2: 1249 })).toBe(false)
  })
  test('a code is digits; spaces and dashes are how people write them', () => {
    expect([codeOf('1234 5678'), codeOf('1234-5678'), codeOf('12345678')]).toEqual(['12345678', '12345678', '12345678'])
    expect([codeOf('123'), codeOf('1234567890123'), codeOf('12a45678'), codeOf('１２３４５６７８')]).toEqual([null, null, null, null])
  })
  test('a time of today is said alone, another day by its date, by the clock of the store', () => {
    const now = new Date('2026-11-23T15:59:00Z')
    expect(clockText('2026-11-23T01:30:00Z', 'Asia/Shanghai', now)).toBe('09:30')
    expect(clockText('2026-11-23T16:30:00Z', 'Asia/Shanghai', now)).toBe('11-24 00:30')
  })
})

describe('the slip of cash in and out', () => {
  const move = { id: 'x', shift_id: 'y', amount_fen: -30_000, reason: '送存银行', staff_id: 1, at: '2026-11-23T04:00:00Z' }
  const slip = (texts: Record<string, string>, fen = -30_000) =>
    cashSlip({ move: { ...move, amount_fen: fen }, store: RULES.store, till: { code: 'T1' }, staff: '陈' }, (key) => texts[key] ?? key)
  test('says which way, how much, why and by whom, and is signed', () => {
    const text = typeset(slip(zh), 32).join('\n')
    expect(text).toMatch(/现金取出凭条[\s\S]+2026-11-23 12:00:00\n收银员 +陈\n原因 +送存银行\n金额 +¥300\.00[\s\S]+签字/)
    expect(typeset(slip(en, 500), 48).join('\n')).toMatch(/Cash put in[\s\S]+¥5\.00/)
  })
  test('opens the drawer before it prints', () => {
    expect([...printed(slip(zh), { columns: 48, drawer: true }).slice(4, 9)]).toEqual([0x1b, 0x70, 0, 0x19, 0xfa])
  })
})
