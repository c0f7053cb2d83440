import { describe, expect, test } from 'vitest'
import type { OrderOut, PaymentOut, QuotedCouponOut, QuoteOut, SaleOut } from '@core/api/pos.d.ts'
import { add, EMPTY } from '@pos/data/basket.ts'
import { cancelInMs, isCodeOf, pauseMs, standing } from '@pos/data/charging.ts'
import { NO_CUTS } from '@pos/data/cuts.ts'
import { couldBeCoupon, couldBeMemberCode, holding, isChosen, NONE, quoteKey, toggled } from '@pos/data/rights.ts'
import { item } from './made.ts'

const beside = (id: string, usable: boolean, chosen = true): QuotedCouponOut => ({
  id, template_code: 'C', label: '券', amount_fen: usable ? 1000 : 0, chosen, usable, reason: usable ? null : 'amount_missing', text: '', params: {},
})
const quote = (coupons: QuotedCouponOut[], most: number): QuoteOut => ({
  lines: [], goods_fen: 0, discount_fen: 0, coupon_fen: 0, points_fen: 0, freight_fen: 0, promised_at: null, payable_fen: 0, not_applied: [], problems: [], coupons,
  points: { balance: most, most, spent: 0, worth_fen: 0, earned: 0 },
})

describe('chosen coupons and points', () => {
  test('what does not apply any more is put down, and points never pay more than they can', () => {
    const chosen = { couponIds: ['a', 'b'], points: 500 }
    expect(holding(chosen, quote([beside('a', true), beside('b', false), beside('c', true, false)], 300))).toEqual({ couponIds: ['a'], points: 300 })
    expect(holding(chosen, quote([beside('a', true), beside('b', true)], 500))).toBe(chosen)
  })
  test('coupons keep the order in which they were chosen', () => {
    expect(toggled(toggled(toggled(NONE, 'b'), 'a'), 'c').couponIds).toEqual(['b', 'a', 'c'])
    expect(toggled({ couponIds: ['b', 'a'], points: 5 }, 'b')).toEqual({ couponIds: ['a'], points: 5 })
    expect([isChosen(undefined), isChosen(NONE), isChosen({ couponIds: [], points: 1 })]).toEqual([false, false, true])
  })
  test('another quantity is another price', () => {
    const basket = add(EMPTY, item(1), 1)
    expect(quoteKey(basket, NONE, NO_CUTS)).toBe(quoteKey(add(EMPTY, item(1), 1), NONE, NO_CUTS))
    expect(quoteKey(add(basket, item(1), 1), NONE, NO_CUTS)).not.toBe(quoteKey(basket, NONE, NO_CUTS))
  })
  test('codes by their form: coupons, live codes, and goods that are neither', () => {
    expect(['QC1.abc.def', '0000-1111-2222-33334', '0000 1111 2222 33334', '6901234567892', '(01)06901234567892'].map(couldBeCoupon)).toEqual([true, true, true, false, false])
    expect(['88' + '1'.repeat(22), '88' + '1'.repeat(21), '134567890123456789'].map(couldBeMemberCode)).toEqual([true, false, false])
  })
})

describe('payment codes', () => {
  const sale = (order: OrderOut['state'], ...states: PaymentOut['state'][]) =>
    ({ order: { state: order }, payments: states.map((state) => ({ state })), change_fen: 0 }) as unknown as SaleOut

  test('only a paid order is paid; an open end is being asked about, whatever came before it', () => {
    expect(standing(sale('completed', 'paid'))).toBe('paid')
    expect(standing(sale('placed', 'asking'))).toBe('asking')
    expect(standing(sale('placed', 'failed', 'created'))).toBe('asking')
    expect(standing(sale('placed', 'paid'))).toBe('asking')
    expect(standing(sale('placed', 'failed', 'closed'))).toBe('failed')
    expect(standing(sale('placed'))).toBe('unpaid')
    expect(standing(sale('cancelled', 'closed'))).toBe('cancelled')
  })
  test('a charge is given up after fifteen seconds, one that never was at once', () => {
    expect([cancelInMs(0, 5), cancelInMs(1_000, 1_000), cancelInMs(1_000, 15_999), cancelInMs(1_000, 16_000)]).toEqual([0, 15_000, 1, 0])
    expect([pauseMs(0), pauseMs(3), pauseMs(99)]).toEqual([1_000, 3_000, 3_000])
  })
  test('the form refuses a slip of the wallet that was chosen', () => {
    const [wechat, alipay] = ['134567890123456789', '284567890123456789']
    expect([isCodeOf('wechat', wechat), isCodeOf('wechat', alipay), isCodeOf('alipay', alipay), isCodeOf('alipay', wechat)]).toEqual([true, false, true, false])
    expect([isCodeOf('wechat', '6901234567892'), isCodeOf('alipay', `fp${'a'.repeat(33)}`)]).toEqual([false, true])
  })
})
