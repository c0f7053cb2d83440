import { describe, expect, test } from 'vitest'
import { chooseLanguage } from '@/i18n'
import { distance, moment, quantityText, yuan } from '@/app/show'

describe('what a shopper reads', () => {
  test('amounts are yuan without needless cents', () => {
    expect([yuan(0), yuan(5), yuan(1990), yuan(120000), yuan(-350)]).toEqual(['0', '0.05', '19.90', '1200', '-3.50'])
  })

  test('goods by weight are told in kilograms', () => {
    expect([quantityText(3, 1), quantityText(1250, 1000), quantityText(500, 1000)]).toEqual(['3', '1.25', '0.5'])
  })

  test('distances are rounded as people say them', () => {
    chooseLanguage('zh')
    expect([distance(null), distance(4), distance(846), distance(1549), distance(23_400)]).toEqual(['', '10 米', '850 米', '1.5 公里', '23 公里'])
  })

  test('moments are on the clock of the store, whatever clock the phone has', () => {
    const now = Date.parse('2026-11-23T15:59:00Z') // 23:59 in China
    chooseLanguage('zh')
    expect(moment('2026-11-23T06:30:00Z', now)).toBe('今天 14:30')
    expect(moment('2026-11-23T16:05:00Z', now)).toBe('明天 00:05')
    expect(moment('2026-11-20T01:00:00Z', now)).toBe('11月20日 09:00')
    chooseLanguage('en')
    expect(moment('2025-11-20T01:00:00Z', now)).toBe('2025-11-20 09:00')
  })
})
