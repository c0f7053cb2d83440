import { describe, expect, it } from 'vitest'
import { DRAWER, printed } from '@pos/data/escpos.ts'
import type { PaperRow } from '@pos/data/receipts.ts'

const row = (kind: PaperRow['kind'], left: string, right = ''): PaperRow => ({ kind, left, right })
const text = (bytes: Uint8Array) => new TextDecoder('gb18030').decode(bytes)
const holds = (bytes: Uint8Array, part: readonly number[]) => Array.from(bytes).join(',').includes(part.join(','))

describe('a receipt as the printer gets it', () => {
  it('begins by setting the printer up for Chinese and ends by cutting the paper', () => {
    const bytes = Array.from(printed([row('text', '牛奶')], { columns: 32 }))
    expect(bytes.slice(0, 4)).toEqual([0x1b, 0x40, 0x1c, 0x26])
    expect(bytes.slice(4, 9)).toEqual([0xc5, 0xa3, 0xc4, 0xcc, 0x0a])
    expect(bytes.slice(9)).toEqual([0x1d, 0x56, 0x42, 0x00])
  })

  it('sets amounts to the right edge of 32 and of 48 columns, Chinese counting twice', () => {
    for (const columns of [32, 48]) {
      const line = text(printed([row('pair', '应收', '6.50')], { columns }).slice(4, -4)).trimEnd()
      expect(line).toBe(`应收${' '.repeat(columns - 8)}6.50`)
    }
  })

  it('sets the name of the store large and centred, the sum tall and bold, with the yen sign that printers know', () => {
    const bytes = printed([row('title', '科技园店'), row('total', '应收', '¥6.50')], { columns: 32 })
    expect(holds(bytes, [0x1b, 0x61, 1, 0x1d, 0x21, 0x11])).toBe(true)
    expect(holds(bytes, [0x1d, 0x21, 0x01, 0x1b, 0x45, 1])).toBe(true)
    expect(holds(bytes, [0xa3, 0xa4])).toBe(true)
    const sum = text(bytes).split('\n').find((line) => line.includes('￥')) ?? ''
    expect(sum.slice(sum.indexOf('应收'))).toBe(`应收${' '.repeat(32 - 4 - 6)}￥6.50`)
  })

  it('opens the drawer first when cash changes hands, and only then', () => {
    expect(holds(printed([], { columns: 48, drawer: true }).slice(4, 9), Array.from(DRAWER))).toBe(true)
    expect(holds(printed([], { columns: 48 }), Array.from(DRAWER))).toBe(false)
  })

  it('stores a QR code with its length before it prints it', () => {
    const bytes = printed([], { columns: 48, qr: 'https://shop.example/q/Ab' })
    const stored = [0x1d, 0x28, 0x6b, 25 + 3, 0, 0x31, 0x50, 0x30, ...new TextEncoder().encode('https://shop.example/q/Ab')]
    expect(holds(bytes, [...stored, 0x1d, 0x28, 0x6b, 3, 0, 0x31, 0x51, 0x30])).toBe(true)
  })
})
