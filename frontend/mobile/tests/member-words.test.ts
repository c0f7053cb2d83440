import { beforeEach, describe, expect, test } from 'vitest'
import { chooseLanguage } from '@/i18n'
import { lunarName, lunarOf } from '@/member/lib/lunar'
import { sectionsOf } from '@/member/lib/own-copy'
import { masked, mobileOf, spaced } from '@/components/member/phone'
import { changeOf, endingByMonth, signed } from '@/member/lib/points'
import { areaAt, person, recognise, type Area } from '@/member/lib/recognise'
import { cardOf, discountText, progressOf, timesText } from '@/components/member/tier'
import { conditionOf, daysLeft, worthOf } from '@/member/lib/coupons'
import { byDay } from '@/member/lib/timeline'

beforeEach(() => chooseLanguage('zh'))

const AREAS: Readonly<Record<string, readonly Area[]>> = {
  '': [{ code: '110000', name: '北京市', level: 1 }, { code: '440000', name: '广东省', level: 1 }, { code: '450000', name: '广西壮族自治区', level: 1 }, { code: '310000', name: '上海市', level: 1 }],
  '110000': [{ code: '110100', name: '市辖区', level: 2 }],
  '110100': [{ code: '110105', name: '朝阳区', level: 3 }, { code: '110108', name: '海淀区', level: 3 }],
  '310000': [{ code: '310100', name: '市辖区', level: 2 }],
  '310100': [{ code: '310104', name: '徐汇区', level: 3 }],
  '440000': [{ code: '440300', name: '深圳市', level: 2 }, { code: '441900', name: '东莞市', level: 2 }],
  '440300': [{ code: '440301', name: '市辖区', level: 3 }, { code: '440305', name: '南山区', level: 3 }],
  '441900': [],
  '450000': [{ code: '450100', name: '南宁市', level: 2 }],
  '450100': [{ code: '450103', name: '青秀区', level: 3 }],
}
const asked: string[] = []
const ask = async (parent: string | null) => {
  asked.push(parent ?? '')
  return AREAS[parent ?? ''] ?? []
}
const codes = (areas: readonly Area[]) => areas.map(({ code }) => code).join(' ')

describe('a pasted address', () => {
  test.each([
    ['张晓明 13800138000 广东省深圳市南山区科技园南路 88 号 3 栋 502', '张晓明', '13800138000', '440000 440300 440305', '科技园南路88号3栋502'],
    ['收货人:李四,手机:+86 138-0013-8000,地址:北京市朝阳区建国路 93 号', '李四', '13800138000', '110000 110100 110105', '建国路93号'],
    ['北京北京市海淀区中关村大街1号\n王芳女士\n139 1234 5678', '王芳女士', '13912345678', '110000 110100 110108', '中关村大街1号'],
    ['广西南宁青秀区民族大道100号 欧阳小雨 18877776666', '欧阳小雨', '18877776666', '450000 450100 450103', '民族大道100号'],
    ['北京 朝阳区 建国路 93 号 张三 13800138000', '张三', '13800138000', '110000 110100 110105', '建国路93号'],
    ['东莞市长安镇振安路1号 陈伟 17012345678', '陈伟', '17012345678', '440000 441900', '长安镇振安路1号'],
  ])('%s', async (given, name, phone, areas, text) => {
    const found = await recognise(given, ask)
    expect([found.name, found.phone, codes(found.areas), found.text]).toEqual([name, phone, areas, text])
  })

  test('a city without its province is looked for near the store first', async () => {
    asked.length = 0
    const found = await recognise('深圳市南山区后海大道 1 号', ask, '440305')
    expect(codes(found.areas)).toBe('440000 440300 440305')
    expect(asked).toEqual(['', '440000', '440300'])
  })

  test('what is no address stays as it is', async () => {
    expect(await recognise('下班带瓶牛奶回来', ask)).toEqual({ name: '', phone: '', areas: [], text: '下班带瓶牛奶回来' })
    expect(person('')).toEqual({ name: '', phone: '', place: '' })
    expect(areaAt('', AREAS['']!)).toBeNull()
  })
})

describe('phones', () => {
  test('only mobile numbers count, however they are written', () => {
    expect(['13800138000', '+86 138 0013 8000', '0086-138-0013-8000', '8613800138000', '12800138000', '1380013800', ''].map(mobileOf)).toEqual([
      '13800138000', '13800138000', '13800138000', '13800138000', null, null, null,
    ])
  })
  test('they are spaced while typed and masked when shown', () => {
    expect(['138', '1380', '13800138000', '138001380009'].map(spaced)).toEqual(['138', '138 0', '138 0013 8000', '138 0013 8000'])
    expect(masked('13800138000')).toBe('138 **** 8000')
  })
})

describe('the Chinese calendar', () => {
  test.each([
    ['1900-01-31', '正月初一'], ['1990-03-27', '三月初一'], ['2023-04-20', '三月初一'], ['1984-11-23', '闰十月初一'],
    ['1962-01-01', '冬月廿五'], ['2033-12-25', '闰冬月初四'], ['2000-02-05', '正月初一'], ['2026-11-23', '十月十五'], ['2026-02-16', '腊月廿九'],
  ])('%s is %s', (date, name) => {
    expect(lunarName(lunarOf(date)!)).toBe(name)
  })
  test('outside of the table nothing is claimed', () => {
    expect([lunarOf('1900-01-30'), lunarOf('2101-02-01'), lunarOf('')]).toEqual([null, null, null])
  })
})

describe('points', () => {
  test('what ends is summed by month; the last day is the one before the end', () => {
    const lot = (remaining: number, expires_at: string, state: 'live' | 'pending' = 'live') => ({ remaining, expires_at, state })
    expect(
      endingByMonth([lot(50, '2028-11-06T16:00:00Z'), lot(150, '2028-10-31T16:00:00Z'), lot(50, '2028-11-14T16:00:00Z'), lot(9, '2028-12-01T00:00:00Z', 'pending')]),
    ).toEqual([{ month: '2028-10', points: 150, share: 1 }, { month: '2028-11', points: 100, share: 100 / 150 }])
    expect(endingByMonth([])).toEqual([])
  })
  test('a movement is told by the figure that a member minds', () => {
    expect([changeOf({ available: -500, pending: 0, debt: 0 }), changeOf({ available: 0, pending: 13, debt: 0 }), changeOf({ available: 0, pending: 0, debt: 20 })]).toEqual([-500, 13, -20])
    expect([signed(5), signed(-5), signed(0)]).toEqual(['+5', '-5', '0'])
  })
})

describe('tiers', () => {
  test('progress never looks like nothing, nor like more than all', () => {
    const next = { code: 'x', name: '', name_en: '', threshold: 20_000, missing: 0 }
    expect([progressOf({ growth: 0, next }), progressOf({ growth: 6786, next }), progressOf({ growth: 30_000, next }), progressOf({ growth: 5, next: null })]).toEqual([2, 33, 100, 100])
  })
  test('discounts as each language says them', () => {
    expect([discountText(500, false), discountText(300, false), discountText(500, true), timesText(15_000), cardOf('gold'), cardOf('vip')]).toEqual(['9.5', '9.7', '5%', '1.5', 'gold', 'basic'])
  })
})

describe('coupons', () => {
  const worth = { kind: 'amount', amount_fen: 2000, percent_off_bp: 0, cap_fen: null, threshold_fen: 12_900 } as const
  test('worth and condition', () => {
    expect(worthOf(worth, false)).toEqual({ before: '¥', figure: '20', after: '' })
    expect(worthOf({ ...worth, kind: 'percent', percent_off_bp: 1200 }, false)).toEqual({ before: '', figure: '8.8', after: '折' })
    expect(worthOf({ ...worth, kind: 'percent', percent_off_bp: 1200 }, true)).toEqual({ before: '', figure: '12', after: '%' })
    expect(conditionOf({ ...worth, cap_fen: 5000 })).toBe('满 129 元可用 · 最多减 50 元')
  })
  test('days left by the calendar of China; midnight belongs to the day before', () => {
    const now = Date.parse('2026-11-23T15:00:00Z') // 23:00 in China
    expect([daysLeft('2026-11-23T16:00:00Z', now), daysLeft('2026-11-24T16:00:00Z', now), daysLeft('2026-11-22T16:00:00Z', now)]).toEqual([0, 1, -1])
  })
})

describe('the copy of one’s own data', () => {
  test('tables of one and of many records', () => {
    const page = '<!doctype html><h1>x</h1><h2>生成时间</h2>2026<h2>档案</h2><table><tr><th>名称</th><td>A &amp; B &#x27;c&#x27;</td></tr><tr><th>空</th><td></td></tr></table><h2>订单</h2><table><tr><th>号</th><th>额</th></tr><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>'
    expect(sectionsOf(page)).toEqual([
      { title: '生成时间', text: '2026', records: [] },
      { title: '档案', text: '', records: [[{ name: '名称', value: "A & B 'c'" }]] },
      { title: '订单', text: '', records: [[{ name: '号', value: '1' }, { name: '额', value: '2' }], [{ name: '号', value: '3' }, { name: '额', value: '4' }]] },
    ])
  })
})

describe('the timeline', () => {
  const entry = { at: '2026-11-15T03:57:32Z', kind: 'order', what: 'completed', subject: 'id', text: 'DD1', store_id: 34, channel: 'pos', amount_fen: 1990, points: 0, items: ['苹果', '梨'] }
  test('days of China, newest first as they come', () => {
    const days = byDay([{ ...entry, at: '2026-11-15T16:30:00Z' }, entry, { ...entry, kind: 'tier', what: 'growth', subject: 'gold', text: 'silver' }])
    expect(days.map(({ day, rows }) => [day, rows.length])).toEqual([['2026年11月16日', 1], ['2026年11月15日', 2]])
    expect(days[1]!.rows[0]).toMatchObject({ title: '购物完成', text: '苹果、梨', figure: '¥19.90', time: '11:57', channel: '门店', orderId: 'id', storeId: 34 })
    expect(days[1]!.rows[1]!.text).toBe('银卡会员 → 金卡会员')
  })
})
