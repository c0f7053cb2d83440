import { describe, expect, it } from 'vitest'
import { tokenIn, tokenOf } from '../src/components/find/lib/code'
import { countOf, fenOf, NO_FILTER, rangeOf } from '../src/components/find/lib/filter'
import { paint, square, wrapped, WIDTH, HEIGHT, type Pen } from '../src/components/product/card'
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

describe('the card that is shared', () => {
  const widthOf = (part: string) => part.length * 10
  it('breaks a name between characters of Chinese and words of English and ends with an ellipsis', () => {
    expect(wrapped('有机纯牛奶', 30, 2, widthOf)).toEqual(['有机纯', '牛奶'])
    expect(wrapped('有机纯牛奶整箱', 30, 2, widthOf)).toEqual(['有机纯', '牛奶…'])
    expect(wrapped('whole milk', 60, 2, widthOf)).toEqual(['whole', 'milk'])
    expect(wrapped('extraordinarily', 50, 1, widthOf)).toEqual(['extr…'])
    expect(wrapped('', 50, 1, widthOf)).toEqual([''])
  })
  it('cuts a photo to the square in its middle', () => {
    expect(square(800, 600)).toEqual({ x: 100, y: 0, side: 600 })
  })
  it('draws its code in whole pixels inside of the picture and says name, price and store', () => {
    const words: string[] = []
    const fields: number[][] = []
    const pen = {
      fillStyle: '', font: '', textAlign: 'left', textBaseline: 'top', drawImage: () => undefined,
      fillRect: (...field: number[]) => void fields.push(field),
      fillText: (word: string) => void words.push(word),
      measureText: (part: string) => ({ width: part.length * 10 }),
    } as unknown as Pen
    paint(pen, { name: '牛奶', price: '9.90', store: '一店', hint: '扫码查看', modules: Array.from({ length: 33 }, () => '10'.repeat(16) + '1') }, null)
    expect(words).toEqual(['扫码查看', '牛奶', '¥', '9.90', '一店'])
    const dark = fields.slice(2)
    expect(dark).toHaveLength(33 * 17)
    expect(dark.every((field) => field.every(Number.isInteger))).toBe(true)
    expect(Math.max(...dark.map(([x, , wide]) => x! + wide!))).toBeLessThan(WIDTH)
    expect(Math.max(...dark.map(([, y, , high]) => y! + high!))).toBeLessThan(HEIGHT)
  })
})
