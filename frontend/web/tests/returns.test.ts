/** What may come back and was chosen, what a receipt's number is, and the slip. */

import type { PreviewOut, ReceiptLineOut, ReturnOut } from '@core/api/pos.d.ts'
import {
  cashOf, chosenQuantity, chosenRestock, couldBeReceipt, everything, keepReturn, linesBack, receiptNumber, restockOf, returnSlip, scannedBack,
} from '@pos/data/returns.ts'
import type { ReturnRow } from '@pos/data/returns.ts'
import { uuid7 } from '@pos/data/ids.ts'
import { expect, test } from 'vitest'
import { freshDb, RULES } from './made.ts'

function line(number: number, quantity: number, more: Partial<ReceiptLineOut> = {}): ReceiptLineOut {
  return {
    number, sku_id: number, sku_code: `S${number}`, name: '纯牛奶', unit_name: '盒', quantity, quantity_scale: 1, returned_quantity: 0,
    unit_price_fen: 650, list_fen: 650 * quantity, discounts: [], points_fen: 0, points_spent: 0, net_fen: 650 * quantity, gift_of: '',
    tax_rate_bp: 1300, associate: '', shares: [], ...more,
  }
}

test('never more comes back than is left, and nothing of a line is no choice', () => {
  const sold = line(1, 3, { returned_quantity: 1 })
  expect(chosenQuantity({}, sold, 9)).toEqual({ 1: { quantity: 2, restock: null } })
  expect(chosenQuantity(chosenQuantity({}, sold, 2), sold, 0)).toEqual({})
  expect(chosenQuantity({}, sold, -1)).toEqual({})
  expect(everything({}, [sold, line(2, 1, { returned_quantity: 1 }), line(3, 4)])).toEqual({
    1: { quantity: 2, restock: null }, 3: { quantity: 4, restock: null },
  })
})

test('broken goods do not go back to the shelf unless somebody says so', () => {
  const choices = chosenQuantity(chosenQuantity({}, line(1, 1), 1), line(2, 1), 1)
  const said = chosenRestock(choices, 2, 'sellable')
  expect(linesBack(said, 'quality')).toEqual([
    { line_number: 1, quantity: 1, restock: 'damaged' }, { line_number: 2, quantity: 1, restock: 'sellable' },
  ])
  expect(restockOf({ quantity: 1, restock: null }, 'size')).toBe('sellable')
  expect(chosenRestock({}, 7, 'none')).toEqual({})
})

test('a scan goes to the first line that has some left; weighed goods without a weight come back whole', () => {
  const lines = [line(1, 1, { sku_id: 5 }), line(2, 2, { sku_id: 5 }), line(3, 1500, { sku_id: 6, quantity_scale: 1000 })]
  const one = scannedBack({}, lines, 5, 1)
  const two = scannedBack(one.choices, lines, 5, 1)
  const three = scannedBack(two.choices, lines, 5, 1)
  expect([one.number, two.number, three.number]).toEqual([1, 2, 2])
  expect(scannedBack(three.choices, lines, 5, 1)).toEqual({ choices: three.choices, number: null, isSold: true })
  expect(scannedBack({}, lines, 9, 1)).toEqual({ choices: {}, number: null, isSold: false })
  expect(scannedBack({}, lines, 6, 525).choices).toEqual({ 3: { quantity: 525, restock: null } })
  expect(scannedBack({}, lines, 6, null).choices).toEqual({ 3: { quantity: 1500, restock: null } })
})

test('a few digits are a number of this till; other texts are asked for as they stand', () => {
  const till = { code: '03' }
  expect(receiptNumber('123', till)).toBe('03-000123')
  expect(receiptNumber(' ０１-000123 ', till)).toBe('01-000123')
  expect(receiptNumber('xs261124000512345678', till)).toBe('XS261124000512345678')
  expect(receiptNumber('?!', till)).toBeNull()
  expect(['01-000123', 'XS261124000512345678', '01a2097890c47ee3b1e34c910deec272'].every(couldBeReceipt)).toBe(true)
  expect(['6901234567892', '881234567890123456789012', 'QC1ABCDEFGH', '01-123'].some(couldBeReceipt)).toBe(false)
})

const SHOWN: PreviewOut = {
  amount_fen: 1575, refunds: [['card', 600], ['cash', 975]], lines: [[1, 3, 1669]], freight_fen: 0, points_restored: 20, points_taken_back: 15, coupons_returned: 0,
  withheld: [{ kind: 'threshold', source: 'M1', label: '满减', threshold_fen: 2600, kept_fen: 650, amount_fen: 94 }],
}
const RESULT: ReturnOut = { ...SHOWN, id: uuid7(), number: 'TH1' }

function row(more: Partial<ReturnRow> = {}): ReturnRow {
  const id = uuid7()
  return {
    id, state: 'asking', begunAt: '2026-11-23T04:00:00.000Z', sentAt: 0, number: 'XS1', shown: SHOWN, member: null, cashier: '陈', result: null,
    fault: null, body: { id, reason: 'size', note: '', lines: [{ line_number: 1, quantity: 3, restock: 'sellable' }] },
    lines: [{ number: 1, name: '纯牛奶', unit: '盒', quantity: 3, scale: 1 }], ...more,
  }
}

test('the slip adds up to what goes back by its tenders', () => {
  const rows = returnSlip(row(), RESULT, RULES.store, (key) => key)
  const amounts = rows.filter((one) => one.right !== '').map((one) => one.right)
  expect(amounts).toEqual(['TH1', 'XS1', '2026-11-23 12:00:00', '陈', '16.69', '-0.94', '¥15.75', '6.00', '9.75', '+20', '-15'])
  expect(cashOf(RESULT.refunds)).toBe(975)
})

test('what ended long ago is forgotten, what is open never', async () => {
  const db = freshDb()
  const old = '2026-10-01T04:00:00.000Z'
  for (const state of ['done', 'refused', 'dropped', 'asking', 'waiting'] as const) await keepReturn(db, row({ state, begunAt: old }))
  await keepReturn(db, row())
  expect((await db.returns.toArray()).map((one) => one.state).sort()).toEqual(['asking', 'asking', 'waiting'])
})
