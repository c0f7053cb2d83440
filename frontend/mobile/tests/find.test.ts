import { describe, expect, it } from 'vitest'
import { tokenIn, tokenOf } from '../src/components/find/lib/code'
import { countOf, fenOf, NO_FILTER, rangeOf } from '../src/components/find/lib/filter'
import { pathOf } from '../src/components/product/modules'

describe('a scanned code', () => {
  it('is a code of the mall when its address says so', () => {
    expect(tokenOf('https://shop.example.com/q/s8pP16FIrubaIudS')).toBe('s8pP16FIrubaIudS')
    expect(tokenOf('/q/abc?x=1')).toBe('abc')
  })
  it('is a barcode otherwise', () => {
    expect(tokenOf('6901234567892')).toBeNull()
    expect(tokenOf('https://shop.example.com/query/abc')).toBeNull()
  })
})

describe('what a page is opened with', () => {
  const TOKEN = 's8pP16FIrubaIudS'
  it('names a code outright, in a scene, or in the whole address that was scanned', () => {
    expect(tokenIn({ token: TOKEN })).toBe(TOKEN)
    expect(tokenIn({ id: '7', code: TOKEN })).toBe(TOKEN)
    expect(tokenIn({ scene: encodeURIComponent(TOKEN) })).toBe(TOKEN)
    expect(tokenIn({ q: encodeURIComponent(`https://shop.example.com/q/${TOKEN}`) })).toBe(TOKEN)
  })
  it('names none when it is something else', () => {
    expect(tokenIn(undefined)).toBe('')
    expect(tokenIn({ id: '7', sku: '8', code: '' })).toBe('')
    expect(tokenIn({ code: '6901234567892', q: 'https://shop.example.com/100%' })).toBe('')
  })
})

describe('the filter of a list', () => {
  it('reads amounts of yuan exactly and nothing else', () => {
    expect(fenOf('19.9')).toBe(1990)
    expect(fenOf(' 12 ')).toBe(1200)
    expect(['', '-1', '1.234', 'abc'].map(fenOf)).toEqual([null, null, null, null])
  })
  it('turns a price range that stands on its head', () => {
    expect(rangeOf('50', '20')).toEqual({ price_from_fen: 2000, price_to_fen: 5000 })
    expect(rangeOf('', '20')).toEqual({ price_from_fen: null, price_to_fen: 2000 })
  })
  it('counts both ends of a price as one', () => {
    expect(countOf(NO_FILTER)).toBe(0)
    expect(countOf({ ...NO_FILTER, price_from_fen: 1, price_to_fen: 2, in_stock: true })).toBe(2)
  })
})

it('a QR code is drawn by runs of dark modules with its quiet zone', () => {
  expect(pathOf(['1101', '0000'], 4)).toBe('M4 4h2v1h-2zM7 4h1v1h-1z')
})
