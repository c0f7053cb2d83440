/** Who served: shares that are a whole, for the sale or a line, as they are sent and printed. */

import { add, EMPTY } from '@pos/data/basket.ts'
import { NO_CUTS } from '@pos/data/cuts.ts'
import { paper } from '@pos/data/receipts.ts'
import { linesIn } from '@pos/data/rights.ts'
import { areWhole, creditsIn, equally, missingBp, namesOf, percentBp, percentText, servedText, toggled, withServed, withShare } from '@pos/data/served.ts'
import { expect, test } from 'vitest'
import { item, RULES, sale } from './made.ts'

test('equal by default; what does not divide goes to the first', () => {
  expect(equally([8, 9, 7])).toEqual([{ staffId: 8, shareBp: 3334 }, { staffId: 9, shareBp: 3333 }, { staffId: 7, shareBp: 3333 }])
  for (let count = 1; count <= 10; count += 1) expect(missingBp(equally(Array.from({ length: count }, (_, place) => place)))).toBe(0)
  expect(equally([])).toEqual([])
  expect(toggled(toggled([], 8), 9)).toEqual([{ staffId: 8, shareBp: 5000 }, { staffId: 9, shareBp: 5000 }])
  expect(toggled(equally([8, 9]), 8)).toEqual([{ staffId: 9, shareBp: 10_000 }])
  expect(toggled(equally([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 11)).toHaveLength(10)
})

test('they are a whole, each more than nothing, or nobody is named', () => {
  const halves = equally([8, 9])
  expect(areWhole(halves)).toBe(true)
  expect(areWhole([])).toBe(true)
  expect(areWhole(withShare(halves, 8, 5001))).toBe(false)
  expect(areWhole(withShare(withShare(halves, 8, 10_000), 9, 0))).toBe(false)
  expect([percentBp('50'), percentBp('33.34'), percentBp('0.5'), percentBp('６０'), percentBp('101'), percentBp('a'), percentBp('')]).toEqual([5000, 3334, 50, 6000, null, null, null])
  expect([percentText(5000), percentText(3334), percentText(3330), percentText(10_000)]).toEqual(['50', '33.34', '33.3', '100'])
})

test('a line has its own people, else those of the sale; nobody is nothing on the wire', () => {
  const two = add(add(EMPTY, item(1), 1), item(2), 1)
  const named = withServed(withServed(two, null, equally([8])), 2, equally([8, 9]))
  expect(linesIn(named, NO_CUTS).map((line) => line.credits)).toEqual([
    [{ staff_id: 8, share_bp: 10_000 }], [{ staff_id: 8, share_bp: 5000 }, { staff_id: 9, share_bp: 5000 }],
  ])
  expect(linesIn(two, NO_CUTS).every((line) => !('credits' in line))).toBe(true)
  expect(withServed(withServed(named, 2, []), null, [])).toEqual(two)
  expect(creditsIn([])).toEqual({})
})

test('the paper names them once for the sale, or at each line', () => {
  const of = (ids: number[]) => namesOf(equally(ids), RULES.colleagues)
  expect(servedText(of([8]))).toBe('王芳')
  expect(servedText(of([8, 9, 404]))).toBe('王芳 33.34% · 李雷 33.33% · — 33.33%')
  const line = sale().lines[0]!
  const rows = (people: number[][]): string[] => paper(
    { ...sale(), lines: people.map((ids) => ({ ...line, servedBy: of(ids) })), seq: 1, digest: '', rights: null, made: null }, { code: '01' } as never, RULES,
    (key, given = {}) => (key === 'serve.paper' ? `served ${given.people}` : key),
  ).map((one) => one.left).filter((text) => text.includes('served'))
  expect(rows([[8], [8]])).toEqual(['served 王芳'])
  expect(rows([[8], [9, 7], []])).toEqual(['  served 王芳', '  served 李雷 · 陈'])
  expect(rows([[], []])).toEqual([])
})
