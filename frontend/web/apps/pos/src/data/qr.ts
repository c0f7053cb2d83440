/**
 * A QR code for a screen: version 3, error correction M, bytes, mask 2 (ISO/IEC 18004). It holds 42 bytes, which is more than
 * the id on a receipt; one size is enough here, and a scanner reads any mask.
 */

const SIZE = 29
const DATA = 44
const CHECKS = 26
export const BYTES_MAX = DATA - 2
/** M (00) and mask 2 (010), with their check bits and the standard's mask. */
const FORMAT = 0b101111001111100

/** Return the dark squares, row by row. Throws `RangeError` for a text that does not fit. */
export function qrCode(text: string): boolean[][] {
  const words = codewords(new TextEncoder().encode(text))
  const dark: (boolean | null)[][] = Array.from({ length: SIZE }, () => Array<boolean | null>(SIZE).fill(null))
  drawPatterns(dark)
  drawFormat(dark)
  drawWords(dark, words)
  return dark.map((row) => row.map((one) => one === true))
}

function codewords(bytes: Uint8Array): number[] {
  if (bytes.length > BYTES_MAX) throw new RangeError('more than fits into this code')
  // Four bits say "bytes", eight how many; then the bytes, four bits to end, and filling.
  const nibbles = [4, bytes.length >> 4, bytes.length & 15, ...[...bytes].flatMap((one) => [one >> 4, one & 15]), 0]
  const words: number[] = []
  for (let at = 0; at < nibbles.length; at += 2) words.push((nibbles[at]! << 4) | (nibbles[at + 1] ?? 0))
  for (let filling = 0xec; words.length < DATA; filling ^= 0xec ^ 0x11) words.push(filling)
  return [...words, ...checks(words)]
}

/** Reed-Solomon over the field of 256 with the polynomial 0x11d. */
function checks(words: readonly number[]): number[] {
  const divisor = [...Array<number>(CHECKS - 1).fill(0), 1]
  for (let turn = 0, root = 1; turn < CHECKS; turn += 1, root = times(root, 2)) {
    for (let at = 0; at < CHECKS; at += 1) divisor[at] = times(divisor[at]!, root) ^ (divisor[at + 1] ?? 0)
  }
  const rest = Array<number>(CHECKS).fill(0)
  for (const word of words) {
    const factor = word ^ rest.shift()!
    rest.push(0)
    for (let at = 0; at < CHECKS; at += 1) rest[at] = rest[at]! ^ times(divisor[at]!, factor)
  }
  return rest
}

function times(left: number, right: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    product ^= ((right >> bit) & 1) * left
  }
  return product
}

type Dark = (boolean | null)[][]

function drawPatterns(dark: Dark): void {
  for (let at = 0; at < SIZE; at += 1) {
    dark[6]![at] = at % 2 === 0
    dark[at]![6] = at % 2 === 0
  }
  for (const [row, column] of [[3, 3], [3, SIZE - 4], [SIZE - 4, 3]] as const) square(dark, row, column, 4, (far) => far !== 2 && far !== 4)
  square(dark, 22, 22, 2, (far) => far !== 1)
}

function square(dark: Dark, row: number, column: number, reach: number, isDark: (far: number) => boolean): void {
  for (let down = -reach; down <= reach; down += 1) {
    for (let right = -reach; right <= reach; right += 1) {
      const line = dark[row + down]
      if (line !== undefined && column + right >= 0 && column + right < SIZE) line[column + right] = isDark(Math.max(Math.abs(down), Math.abs(right)))
    }
  }
}

function drawFormat(dark: Dark): void {
  const bit = (at: number): boolean => ((FORMAT >> at) & 1) === 1
  for (let at = 0; at < 15; at += 1) {
    const near = at < 6 ? at : at < 8 ? at + 1 : null
    if (near !== null) dark[near]![8] = bit(at)
    else dark[8]![at === 8 ? 7 : 14 - at] = bit(at)
    if (at < 8) dark[8]![SIZE - 1 - at] = bit(at)
    else dark[SIZE - 15 + at]![8] = bit(at)
  }
  dark[SIZE - 8]![8] = true
}

function drawWords(dark: Dark, words: readonly number[]): void {
  let at = 0
  for (let right = SIZE - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5
    const isUp = ((right + 1) & 2) === 0
    for (let step = 0; step < SIZE; step += 1) {
      const row = isUp ? SIZE - 1 - step : step
      for (const column of [right, right - 1]) {
        if (dark[row]![column] !== null) continue
        const isOne = (((words[at >> 3] ?? 0) >> (7 - (at & 7))) & 1) === 1
        dark[row]![column] = isOne !== (column % 3 === 0)
        at += 1
      }
    }
  }
}
