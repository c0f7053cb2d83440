import { describe, expect, test } from 'vitest'
import { code128 } from '@/member/lib/code128'
import { fromBase64, inFours, leftOfWindow, memberCode, sha256 } from '@/member/lib/member-code'
import { qr } from '@/member/lib/qr'

const hex = (bytes: number[]) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0))

describe('the code that a phone makes itself', () => {
  // The table of docs/algorithms/member-code.md, which the server's tests check too.
  const device = { handle: '01234567', secret: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' }
  test.each([
    ['2027-03-01T12:00:00+08:00', '880123456736270975897894'],
    ['2027-03-01T12:00:59+08:00', '880123456736270975897894'],
    ['2027-03-01T12:01:00+08:00', '880123456789837385584431'],
  ])('at %s it is %s, as the server says', (at, code) => {
    expect(memberCode(device, Date.parse(at))).toBe(code)
  })

  test('the hash is SHA-256', () => {
    expect(hex(sha256([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hex(sha256(ascii('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')))).toBe('248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1')
    expect(hex(sha256(ascii('a'.repeat(119))))).toBe('31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb')
  })

  test('base64 of every length', () => {
    expect(['', 'TQ==', 'TWE=', 'TWFu'].map(fromBase64)).toEqual([[], [77], [77, 97], [77, 97, 110]])
  })

  test('what is left of a minute, and how people read digits', () => {
    expect([leftOfWindow(0), leftOfWindow(59_999), leftOfWindow(61_000)]).toEqual([60_000, 1, 59_000])
    expect(inFours('880123456736270975897894')).toBe('8801 2345 6736 2709 7589 7894')
  })
})

describe('bars and squares', () => {
  test('Code 128 in set C with its check symbol', () => {
    // As reportlab draws it.
    expect(code128('889244179637143762494782').join('')).toBe('2112324212111111431321311232211143111321131222311321134311112113311331211212414111312331112')
    expect(code128('889244179637143762494782')).toHaveLength(14 * 6 + 7)
    expect(() => code128('123')).toThrow(RangeError)
  })
})

describe('QR codes as the standard draws them', () => {
  test('a member code: digits, version 1', () => {
    // As segno draws it with the mask 2, a row in hexadecimal.
    const rows = qr('880123456736270975897894').map((row) => parseInt(row.map(Number).join(''), 2).toString(16).padStart(6, '0'))
    expect(rows.join(' ')).toBe('1fcb7f 104a41 17565d 17535d 17515d 105241 1fd57f 001400 17ca7c 1c9fd4 0741ec 0cab5b 1a7912 00113b 1fce9c 1050e9 175aa6 1759c0 1759e4 104962 1fd138')
  })

  test('longer texts take larger codes; too long is said', () => {
    expect(['https://example.com/q/0123456789', 'x'.repeat(150), '1'.repeat(470)].map((text) => qr(text).length)).toEqual([29, 49, 57])
    expect(() => qr('x'.repeat(300))).toThrow(RangeError)
  })
})
