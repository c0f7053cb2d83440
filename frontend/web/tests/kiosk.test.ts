import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { OfferOut } from '@core/api/kiosk.d.ts'
import { amountOf, countOf, mostOf, put, stepOf, sumOf } from '@kiosk/data/cart.ts'
import { below, best, choices, chosen, namesake, products, topCategories } from '@kiosk/data/goods.ts'
import { IdleWatch, WARNING_S } from '@kiosk/data/idle.ts'
import { dayText, quantityText } from '@kiosk/data/show.ts'
import en from '../apps/kiosk/src/i18n/en.json'
import zh from '../apps/kiosk/src/i18n/zh.json'

function offer(skuId: number, more: Partial<OfferOut> = {}, fen = 650): OfferOut {
  return {
    sku_id: skuId, sku_code: `S${skuId}`, product_id: 1, name: '纯牛奶', name_en: 'Milk', specification: {}, image: '', unit_name: '盒',
    quantity_scale: 1, price: { price_fen: fen, base_fen: fen, member_fen: null, timed_fen: null }, available: 5, express_available: 5, ...more,
  }
}
const apples = offer(9, { product_id: 2, quantity_scale: 1000 }, 1990)

describe('the cart of a screen', () => {
  test('adds up, up to what one may choose', () => {
    const lines = put(put(put([], offer(1), 1), offer(1), 1), apples, stepOf(apples))
    expect(lines.map((line) => line.quantity)).toEqual([2, 500])
    expect(lines.map(amountOf)).toEqual([1300, 995])
    expect([sumOf(lines), countOf(lines)]).toEqual([2295, 3])
    expect(put(lines, offer(1), 500)[0]!.quantity).toBe(mostOf(offer(1)))
  })
  test('takes the price that was seen last', () => {
    const [line] = put(put([], offer(1), 1), offer(1, {}, 500), 1)
    expect(amountOf(line!)).toBe(1000)
  })
})

describe('goods', () => {
  const shirts = [
    offer(1, { specification: { 颜色: '白', 尺码: 'M' }, available: 0 }, 9900),
    offer(2, { specification: { 颜色: '白', 尺码: 'L' } }, 9900),
    offer(3, { specification: { 颜色: '黑', 尺码: 'L' } }, 8900),
  ]
  test('a product stands once, with its lowest price and a variant that lies here', () => {
    const [shirt, fruit] = products([shirts[0]!, apples, shirts[1]!, shirts[2]!, shirts[1]!])
    expect([shirt!.offers.length, shirt!.fromFen, shirt!.isOnePrice, shirt!.first.sku_id]).toEqual([3, 8900, false, 2])
    expect([fruit!.id, fruit!.isOnePrice]).toEqual([2, true])
    expect(best([offer(1, { available: 0, express_available: 0 }), offer(2, { available: 0 })]).sku_id).toBe(2)
  })
  test('variants are called by the words that their names have alike', () => {
    const named = (name: string, name_en: string) => offer(1, { name, name_en })
    expect(namesake([named('纯棉 T 恤 S 黑色', 'Cotton T-shirt S Black'), named('纯棉 T 恤 L 白色', 'Cotton T-shirt L White')])).toEqual({ name: '纯棉 T 恤', name_en: 'Cotton T-shirt' })
    expect(namesake([named('纯牛奶', 'Milk')])).toEqual({ name: '纯牛奶', name_en: 'Milk' })
    expect(namesake([named('红 A', ''), named('蓝 A', '')])).toEqual({ name: '红 A', name_en: '' })
  })
  test('another value of a choice keeps the others as far as it can', () => {
    expect(choices(shirts)).toEqual([{ name: '颜色', values: ['白', '黑'] }, { name: '尺码', values: ['M', 'L'] }])
    expect(chosen(shirts, shirts[1]!, '颜色', '黑').sku_id).toBe(3)
    expect(chosen(shirts, shirts[2]!, '尺码', 'M').sku_id).toBe(1)
    expect(chosen(shirts, shirts[0]!, '颜色', '红').sku_id).toBe(1)
  })
  test('below a lone root its children stand at the top', () => {
    const one = (id: number, parent_id: number | null) => ({ id, code: `${id}`, name: '', name_en: '', parent_id })
    expect(topCategories([one(1, null), one(2, 1), one(3, 1)]).map((it) => it.id)).toEqual([2, 3])
    expect(topCategories([one(1, null), one(4, null), one(2, 1)]).map((it) => it.id)).toEqual([1, 4])
    expect(below([one(1, null), one(2, 1)], 1).map((it) => it.id)).toEqual([2])
  })
})

describe('nobody is here any more', () => {
  const heard: (number | null | 'ended')[] = []
  let isUntouched = false
  const watch = () => new IdleWatch({ warned: (left) => heard.push(left), ended: () => heard.push('ended'), rested: () => undefined, isUntouched: () => isUntouched }, 60)
  beforeEach(() => { vi.useFakeTimers(); heard.length = 0; isUntouched = false })
  afterEach(() => vi.useRealTimers())

  test('it warns ten seconds before, counts down and ends', () => {
    watch().touched()
    vi.advanceTimersByTime(49_999)
    expect(heard).toEqual([])
    vi.advanceTimersByTime(1)
    expect(heard).toEqual([WARNING_S])
    vi.advanceTimersByTime(9_999)
    expect(heard).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    vi.advanceTimersByTime(1)
    expect(heard.slice(10)).toEqual([null, 'ended'])
  })
  test('a touch, also in the last second, begins the wait anew', () => {
    const one = watch()
    one.touched()
    vi.advanceTimersByTime(59_500)
    one.touched()
    expect(heard.at(-1)).toBeNull()
    heard.length = 0
    vi.advanceTimersByTime(49_999)
    expect(heard).toEqual([])
  })
  test('with nothing to forget nobody is warned', () => {
    isUntouched = true
    watch().touched()
    vi.advanceTimersByTime(600_000)
    expect(heard).toEqual([])
  })
  test('the setting of the store counts from then on', () => {
    const one = watch()
    one.wants(20)
    vi.advanceTimersByTime(10_000)
    expect(heard).toEqual([10])
  })
})

test('days and quantities are written for who reads', () => {
  expect([dayText('2026-11-25T16:30:00Z', 'zh'), dayText('2026-11-25T16:30:00Z', 'en')]).toEqual(['11月26日', '26 Nov'])
  expect([quantityText(3, 1), quantityText(1500, 1000)]).toEqual(['3', '1.5'])
})

test('both languages have the same texts with the same places', () => {
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()
  expect(Object.keys(en)).toEqual(Object.keys(zh))
  for (const [key, text] of Object.entries(zh)) expect([key, places((en as Record<string, string>)[key]!)]).toEqual([key, places(text)])
})
