import { describe, expect, it } from 'vitest'
import type { QuoteOut } from '@core/api/mall'
import { nextOffer, takenOff } from '@/components/cart/offers'

const discount = (label: string, amount_fen: number) => ({ kind: 'campaign', source: label, label, label_en: '', amount_fen })
const line = (...discounts: ReturnType<typeof discount>[]) => ({ discounts }) as unknown as QuoteOut['lines'][number]
const open = (label: string, reason: string, params: Record<string, unknown>) => ({ source: label, label, label_en: '', reason, text: '', params })

describe('what offers make of the cart', () => {
  it('sums up what is taken off by its name, the largest first, and leaves out what takes nothing', () => {
    const lines = [line(discount('满 99 减 15', 900), discount('会员价', 200)), line(discount('满 99 减 15', 600), discount('空', 0))]
    expect(takenOff({ lines }).map((one) => [one.label, one.fen])).toEqual([['满 99 减 15', 1500], ['会员价', 200]])
  })
  it('names the offer that lacks least, and none that lacks something else', () => {
    const not_applied = [
      open('满 199 减 40', 'amount_missing', { missing_fen: 9000 }),
      open('新人价', 'new_customers_only', {}),
      open('满 99 减 15', 'amount_missing', { missing_fen: 300 }),
    ]
    expect(nextOffer({ not_applied })?.label).toBe('满 99 减 15')
    expect(nextOffer({ not_applied: [not_applied[1]!] })).toBeNull()
  })
})
