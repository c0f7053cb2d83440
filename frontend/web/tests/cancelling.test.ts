/** Orders that wait are given up: what goes back, why, and the slip. */

import type { SaleOut } from '@core/api/pos.d.ts'
import { cancelSlip, moneyBack, reasonSent, standingOf, sumOf } from '@pos/data/cancelling.ts'
import { expect, test } from 'vitest'
import { RULES } from './made.ts'

function payment(tender: 'cash' | 'card' | 'wechat', amount: number, refunded: number, state: 'paid' | 'failed' = 'paid'): SaleOut['payments'][number] {
  return { id: `p${tender}${amount}`, tender, way: '', amount_fen: amount, tendered_fen: null, change_fen: 0, state, refunded_fen: refunded, paid_at: null }
}

function order(state: SaleOut['order']['state'], delivery: string): SaleOut['order'] {
  return {
    id: '0197', number: 'XS261124000512345678', channel: 'pos', delivery, state, member_id: null, goods_fen: 8800, discount_fen: 0, coupon_fen: 0,
    points_fen: 0, points_spent: 100, points_restored: 100, freight_fen: 800, payable_fen: 9600, paid_fen: 9600, refunded_fen: 9600, coupons: [], note: '',
    placed_at: '2026-11-24T04:00:00Z', pay_before: null, paid_at: null, completed_at: null, cancelled_at: '2026-11-24T05:00:00Z',
    lines: [{
      number: 1, sku_id: 3, name: '龙井茶', quantity: 1, quantity_scale: 1, unit_price_fen: 8800, list_fen: 8800, discounts: [], coupon_fen: 0, points_fen: 0,
      points_spent: 0, points_restored: 0, net_fen: 8800, gift_of: '', returned_quantity: 0, refunded_fen: 0, credited_staff_id: null,
    }],
  }
}

test('only an order that is paid and not handed out is given up', () => {
  expect(standingOf(order('paid', 'express'))).toBe('waits')
  expect(standingOf(order('placed', 'pickup'))).toBe('unpaid')
  expect(standingOf(order('cancelled', 'pickup'))).toBe('cancelled')
  expect(standingOf(order('completed', 'pickup'))).toBe('fetched')
  expect(standingOf(order('completed', 'carry_out'))).toBe('fetched')
  expect(standingOf(order('completed', 'express'))).toBe('shipped')
  expect(standingOf(order('completed', 'instant'))).toBe('shipped')
})

test('money goes back by its tender, each once, and what failed never came', () => {
  const before = { payments: [payment('cash', 5000, 0), payment('card', 4000, 0), payment('cash', 600, 100), payment('wechat', 9600, 0, 'failed')] }
  expect(moneyBack(before, 'still')).toEqual([['cash', 5500], ['card', 4000]])
  expect(moneyBack(before, 'gone')).toEqual([['cash', 100]])
  expect(sumOf(moneyBack(before, 'still'))).toBe(9500)
})

test('a reason is a known word, or somebody’s own', () => {
  expect(reasonSent(null, 'x')).toBeNull()
  expect(reasonSent('mistake', 'ignored')).toBe('mistake')
  expect(reasonSent('other', '  ')).toBeNull()
  expect(reasonSent('other', ' 家里停电 ')).toBe('家里停电')
  expect(reasonSent('other', '长'.repeat(50))).toHaveLength(40)
})

test('the slip says which order, what went back and how', () => {
  const what = { id: '0197', number: 'XS261124000512345678', job: 'j', reason: 'too_late', cashier: '陈', begunAt: '2026-11-24T05:00:00Z' }
  const sale: SaleOut = { order: order('cancelled', 'express'), payments: [payment('cash', 5000, 5000), payment('card', 4600, 4600)], change_fen: 0, pickup_code: '' }
  const rows = cancelSlip(what, sale, null, RULES.store, (key) => key).map((one) => [one.kind, one.left, one.right])
  expect(rows).toContainEqual(['pair', 'way.order', 'XS261124000512345678'])
  expect(rows).toContainEqual(['pair', 'cancel.why', 'cancel.reason_too_late'])
  expect(rows).toContainEqual(['pair', 'paper.time', '2026-11-24 13:00:00'])
  expect(rows).toContainEqual(['pair', 'way.freight', '8.00'])
  expect(rows).toContainEqual(['total', 'return.slip_total', '¥96.00'])
  expect(rows).toContainEqual(['pair', 'tender.card', '46.00'])
  expect(rows).toContainEqual(['pair', 'return.points_restored', '+100'])
  const own = cancelSlip({ ...what, reason: '家里停电' }, sale, null, RULES.store, (key) => key)
  expect(own.some((one) => one.right === '家里停电')).toBe(true)
})
