import { describe, expect, test } from 'vitest'
import { add, change, EMPTY, memberPrice, quote } from '@pos/data/basket.ts'
import type { Shopper } from '@pos/data/basket.ts'
import { Goods } from '@pos/data/goods.ts'
import { columns, paper, typeset } from '@pos/data/receipts.ts'
import { Wedge } from '@pos/data/wedge.ts'
import { record } from '@pos/data/journal.ts'
import { freshDb, item, RULES, sale } from './made.ts'
import en from '../apps/pos/src/i18n/en.json'
import zh from '../apps/pos/src/i18n/zh.json'

const milk = item(1, { barcodes: ['6901234567892', '16901234567899'], packs: [{ code: '16901234567899', quantity: 12 }] })
const apples = item(2, { name: '红富士苹果', quantity_scale: 1000, plu: '00042', price_fen: 1990, search: '红富士苹果\n hfspg fspg spg pg g pingguo' })
const goods = new Goods([milk, apples], RULES.scale_layouts)
const AT = new Date('2026-11-23T04:00:00Z')

describe('the wedge', () => {
  const feed = (keys: string, gap: number): string | null => {
    const wedge = new Wedge()
    let found: string | null = null
    ;[...keys, 'Enter'].forEach((key, place) => { found = wedge.feed({ key, at: place * gap }) })
    return found
  }
  test('a burst is a scan, also on a busy machine', () => {
    expect(feed('6901234567892', 4)).toBe('6901234567892')
    expect(feed('6901234567892', 110)).toBe('6901234567892')
  })
  test('a person types slower, and short words are no codes', () => {
    expect(feed('6901234567892', 180)).toBe(null)
    expect(feed('nn', 20)).toBe(null)
  })
})

describe('codes and words', () => {
  test('a barcode, a case, a scale label, a PLU, a member', () => {
    expect(goods.scan('6901234567892')).toEqual({ kind: 'goods', line: { item: milk, quantity: 1 } })
    expect(goods.scan('16901234567899')).toEqual({ kind: 'goods', line: { item: milk, quantity: 12 } })
    expect(goods.scan('2200042005256')).toEqual({ kind: 'goods', line: { item: apples, quantity: 525 } })
    expect(goods.scan('00042')).toEqual({ kind: 'goods', line: { item: apples, quantity: null } })
    expect(goods.scan(`88${'0'.repeat(22)}`)).toEqual({ kind: 'member', text: `88${'0'.repeat(22)}` })
    expect(goods.scan('6900000000007')).toBe(null)
  })
  test('names are found by characters, initials and pinyin', () => {
    for (const text of ['牛奶', 'nn', 'niunai', 'NIUNAI', 'cnn']) expect(goods.search(text)).toEqual([milk])
    expect(goods.search('pg')).toEqual([apples])
    expect(goods.search('  ')).toEqual([])
  })
})

describe('the basket', () => {
  const shopper: Shopper = {
    member: { id: 'x', number: '1', card_number: '', tier: 'gold', level: 'identified', name_masked: '李*', phone_masked: '138****0001' },
    tier: { code: 'gold', name: '金卡', name_en: 'Gold' }, benefits: { discount_bp: 500, points_multiplier_bp: 10_000, because: [] }, points: 0, isNew: false,
  }
  test('pieces of the same goods join, weighed goods stay apart', () => {
    const basket = add(add(add(add(EMPTY, milk, 1), milk, 2), apples, 500), apples, 300)
    expect(basket.lines.map((line) => [line.skuId, line.quantity])).toEqual([[1, 3], [2, 500], [2, 300]])
    expect(change(basket, 1, 0).lines.map((line) => line.skuId)).toEqual([2, 2])
  })
  test('prices to the fen, the member price at once', () => {
    const basket = add(add(EMPTY, milk, 2), apples, 525)
    expect(quote(basket, goods, RULES, AT).payable_fen).toBe(1300 + 1045)
    expect(quote({ ...basket, shopper }, goods, RULES, AT).payable_fen).toBe(1300 + 1045 - 65 - 52)
    const priced = new Goods([item(1, { tier_prices: [{ tier: '', member_fen: 600 }, { tier: 'gold', member_fen: 550 }] })], [])
    expect(quote({ ...add(EMPTY, milk, 1), shopper }, priced, RULES, AT).payable_fen).toBe(550)
    expect(memberPrice(priced.sku(1)!, 'silver')).toBe(600)
    expect(memberPrice(priced.sku(1)!, null)).toBe(null)
  })
  test('a campaign holds in its time, and its gift is there only while it is', () => {
    const campaign = (start: string) => ({ id: 9, code: 'G', name: '满赠', name_en: '', kind: 'gift', period: { start, end: null }, steps: [{ threshold_fen: 1000, gift_sku_id: 3, gift_quantity: 1 }] })
    const gift = item(3, { price_fen: 990, available: 1 })
    const shop = new Goods([milk, gift], [])
    const held = quote(add(EMPTY, milk, 2), shop, { ...RULES, campaigns: [campaign('2026-11-01T00:00:00Z')] }, AT)
    expect([held.payable_fen, held.lines.map((line) => [line.sku_id, line.net_fen])]).toEqual([1300, [[1, 1300], [3, 0]]])
    expect(quote(add(EMPTY, milk, 2), shop, { ...RULES, campaigns: [campaign('2026-12-01T00:00:00Z')] }, AT).lines.length).toBe(1)
    const gone = new Goods([milk, item(3, { available: 0 })], [])
    expect(quote(add(EMPTY, milk, 2), gone, { ...RULES, campaigns: [campaign('2026-11-01T00:00:00Z')] }, AT).lines.length).toBe(1)
  })
})

describe('the receipt', () => {
  test('every line is as wide as the paper, Chinese counted double', async () => {
    const written = await record(freshDb(), sale())
    const till = { device_id: 'x', code: 'T1', last_seq: 0, store_id: 3, store_name: '', store_name_en: '', time_zone: 'Asia/Shanghai' }
    const rows = paper(written, till, RULES, (key) => (zh as Record<string, string>)[key] ?? key)
    for (const width of [32, 48]) {
      const lines = typeset(rows, width)
      expect(Math.max(...lines.map(columns))).toBe(width)
      expect(lines).toContain('-'.repeat(width))
      expect(lines.join('\n')).toContain('T1-000001')
      expect(lines.join('\n')).toContain('2026-11-23 12:00:00')
    }
  })
})

test('every text stands in both languages with the same places', () => {
  expect(Object.keys(en)).toEqual(Object.keys(zh))
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join()
  const texts = zh as Record<string, string>
  expect(Object.entries(en).filter(([key, text]) => places(text) !== places(texts[key]!))).toEqual([])
  expect(Object.entries(en).filter(([key, text]) => key !== 'language.other' && /[\u3400-\u9fff]/.test(text))).toEqual([])
})
