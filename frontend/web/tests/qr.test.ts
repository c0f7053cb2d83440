import { expect, test } from 'vitest'
import { BYTES_MAX, qrCode } from '@pos/data/qr.ts'

/** Made by another program (segno): version 3, M, mask 2; each row as a number. As long as fits: no filling is left to taste. */
const KNOWN = [
  0x1fca977f, 0x104ffc41, 0x1756275d, 0x175de85d, 0x175ad75d, 0x10533141, 0x1fd5557f, 0x187200,
  0x17cafc7c, 0x15065b51, 0x3ec7516, 0x1a9c6740, 0x1963bd2e, 0x122c92d3, 0xef36c80, 0x198a4118,
  0xa5b9906, 0x11af46f1, 0x156a602a, 0x143e35d2, 0x156bb9fe, 0x124711, 0x1fc7bb52, 0x105b1513,
  0x17503dff, 0x1753802b, 0x175a61d2, 0x1049a73a, 0x1fd41cd4,
]
const asNumbers = (text: string): number[] => qrCode(text).map((row) => Number.parseInt(row.map(Number).join(''), 2))

test('a code is the same as another program makes', () => {
  const text = '01a20a04a3b87aff8447cfbe83df4874:quanyu-42'
  expect(text.length).toBe(BYTES_MAX)
  expect(asNumbers(text)).toEqual(KNOWN)
  expect(() => qrCode(`${text}x`)).toThrow(RangeError)
})

test('the code of a receipt has the same corners and another content', () => {
  const rows = asNumbers('01a20a04a3b87aff8447cfbe83df4874')
  expect(rows).toHaveLength(29)
  expect(rows.map((row) => row >> 21).slice(0, 9)).toEqual(KNOWN.map((row) => row >> 21).slice(0, 9))
  expect(rows).not.toEqual(KNOWN)
})
