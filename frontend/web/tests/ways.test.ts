import { describe, expect, it } from 'vitest'
import { add, EMPTY } from '@pos/data/basket.ts'
import { NO_CUTS } from '@pos/data/cuts.ts'
import { giftPaper, paper, windowText } from '@pos/data/receipts.ts'
import { NONE, quoteIn, quoteKey } from '@pos/data/rights.ts'
import { fromAfar, needsWay, wayIn, withExtra } from '@pos/data/ways.ts'
import type { Way } from '@pos/data/ways.ts'
import { item } from './made.ts'

const HOME: Way = { delivery: 'instant', addressId: 'a1', from: '2026-03-10T07:00:00Z', until: '2026-03-10T10:00:00Z', storeId: null, place: null }

describe('how goods reach a customer', () => {
  it('EA-01: goods of the full range need a way as long as they lie on the counter', () => {
    const far = item(900)
    const basket = add(withExtra(EMPTY, far), far, 1)
    expect(fromAfar(basket)).toEqual([far])
    expect(needsWay(basket)).toBe(true)
    expect(needsWay({ ...basket, way: HOME })).toBe(false)
    expect(needsWay({ ...basket, lines: [] })).toBe(false)
    expect(needsWay(add(EMPTY, item(1), 1))).toBe(false)
  })

  it('sends the way with the quote, and another way asks for another quote', () => {
    const basket = add(EMPTY, item(1), 1)
    expect(quoteIn(basket, NONE, NO_CUTS).way).toBeNull()
    expect(quoteIn({ ...basket, way: HOME }, NONE, NO_CUTS).way).toEqual({
      delivery: 'instant', address_id: 'a1', window_from: HOME.from, window_until: HOME.until, store_id: null,
    })
    expect(quoteKey({ ...basket, way: HOME }, NONE, NO_CUTS)).not.toBe(quoteKey(basket, NONE, NO_CUTS))
    expect(wayIn(undefined)).toBeNull()
  })

  it('FUL-06: a time reads by the store\'s clock', () => {
    expect(windowText(HOME.from!, HOME.until!, 'Asia/Shanghai')).toBe('03-10 15:00–18:00')
  })

  it('the paper adds up with freight, and says what comes when; no address is on it', () => {
    const sale = {
      id: 'x', seq: 7, soldAt: '2026-03-09T02:00:00Z', digest: '', made: null, goodsFen: 2990, discounts: [], payableFen: 3790, tenders: [], changeFen: 0,
      rights: null, cashier: '王', member: null, pickupCode: '12345678',
      lines: [{ skuId: 1, name: '茶', quantity: 1, scale: 1, unit: '盒', unitFen: 2990, listFen: 2990, netFen: 2990, labels: [], giftOf: '' }],
      way: { ...HOME, delivery: 'pickup' as const, addressId: null, place: { name: '二店', name_en: 'Two' }, freightFen: 800, number: 'XS1' },
    }
    const till = { code: 'T1' }
    const rules = { store: { name: '一店', address: '', phone: '', time_zone: 'Asia/Shanghai' }, receipt_footer: '' }
    const rows = paper(sale as never, till as never, rules as never, (key, params) => `${key} ${Object.values(params ?? {}).join(' ')}`.trim())
    const told = rows.map((one) => [one.left, one.right].join('|'))
    expect(told).toContain('way.pickup|8.00')
    expect(told.some((one) => one.startsWith('paper.saved'))).toBe(false)
    expect(told).toContain('paper.total|¥37.90')
    expect(told).toContain('way.fetch_at 二店|')
    expect(told).toContain('way.code|12345678')
    const gift = giftPaper(sale as never, till as never, rules as never, (key) => key).map((one) => `${one.left}|${one.right}`)
    expect(gift).toContain('茶|1 盒')
    expect(gift.join(' ')).not.toMatch(/29\.90|37\.90|8\.00|王|12345678/)
  })
})
