/** QR codes (ISO/IEC 18004), error correction M, versions 1 to 10: what a member shows at a till, without a network. */

export type Matrix = boolean[][]

// Codewords for correction in a block, and how many blocks, by version.
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26]
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5]
const LEVEL_M = 0

/** Return the modules of a text, dark is `true`. Digits alone are packed closer. Throws when it is too long. */
export function qr(text: string): Matrix {
  const bytes = utf8(text)
  const isNumber = /^\d+$/.test(text)
  for (let version = 1; version <= CORRECTION.length; version++) {
    const bits = isNumber ? digitBits(text, version) : byteBits(bytes, version)
    const room = dataWords(version) * 8
    if (bits.length <= room) return best(version, withCorrection(version, padded(bits, room)))
  }
  throw new RangeError('too long for a QR code')
}

/** Return the code as a picture for `background-image`: one path, sharp at every size, with its quiet zone. */
export function qrPicture(matrix: Matrix, quiet = 2): string {
  let path = ''
  matrix.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      let end = x
      while (row[end] === true) end++
      if (end > x) path += `M${x + quiet} ${y + quiet}h${end - x}v1h-${end - x}z`
      x = end
    }
  })
  const size = matrix.length + quiet * 2
  return `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${size} ${size}' shape-rendering='crispEdges'%3E%3Cpath d='${path}'/%3E%3C/svg%3E`
}

function utf8(text: string): number[] {
  return (encodeURIComponent(text).match(/%[0-9A-F]{2}|[^%]/g) ?? []).map((one) => (one.length === 3 ? parseInt(one.slice(1), 16) : one.charCodeAt(0)))
}

const bitsOf = (value: number, length: number): number[] => Array.from({ length }, (_, place) => (value >>> (length - 1 - place)) & 1)

function digitBits(text: string, version: number): number[] {
  const groups = text.match(/\d{1,3}/g) ?? []
  return [...bitsOf(1, 4), ...bitsOf(text.length, version < 10 ? 10 : 12), ...groups.flatMap((group) => bitsOf(Number(group), group.length * 3 + 1))]
}

function byteBits(bytes: number[], version: number): number[] {
  return [...bitsOf(4, 4), ...bitsOf(bytes.length, version < 10 ? 8 : 16), ...bytes.flatMap((byte) => bitsOf(byte, 8))]
}

function rawWords(version: number): number {
  const aligned = version < 2 ? 0 : Math.floor(version / 7) + 2
  const modules = (16 * version + 128) * version + 64 - (version < 2 ? 0 : (25 * aligned - 10) * aligned - 55) - (version < 7 ? 0 : 36)
  return Math.floor(modules / 8)
}

const dataWords = (version: number): number => rawWords(version) - CORRECTION[version - 1]! * BLOCKS[version - 1]!

function padded(bits: number[], room: number): number[] {
  const all = [...bits, ...bitsOf(0, Math.min(4, room - bits.length))]
  while (all.length % 8 !== 0) all.push(0)
  const words: number[] = []
  for (let at = 0; at < all.length; at += 8) words.push(parseInt(all.slice(at, at + 8).join(''), 2))
  for (let pad = 0xec; words.length < room / 8; pad ^= 0xec ^ 0x11) words.push(pad)
  return words
}

// Arithmetic of the field GF(2^8) with the polynomial 0x11d.
function times(one: number, other: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d)
    product ^= ((other >>> bit) & 1) * one
  }
  return product
}

function divisor(degree: number): number[] {
  const result: number[] = Array.from({ length: degree }, (_, place) => (place === degree - 1 ? 1 : 0))
  let root = 1
  for (let turn = 0; turn < degree; turn++) {
    for (let at = 0; at < degree; at++) result[at] = times(result[at]!, root) ^ (result[at + 1] ?? 0)
    root = times(root, 2)
  }
  return result
}

function remainder(data: number[], by: number[]): number[] {
  const result = by.map(() => 0)
  for (const word of data) {
    const factor = word ^ result.shift()!
    result.push(0)
    by.forEach((coefficient, at) => (result[at] = result[at]! ^ times(coefficient, factor)))
  }
  return result
}

/** Split into blocks, add the correction of each, and lay them in turn. */
function withCorrection(version: number, data: number[]): number[] {
  const blocks = BLOCKS[version - 1]!
  const correction = CORRECTION[version - 1]!
  const raw = rawWords(version)
  const short = Math.floor(raw / blocks) - correction
  const shortBlocks = blocks - (raw % blocks)
  const by = divisor(correction)
  let at = 0
  const parts = Array.from({ length: blocks }, (_, place) => {
    const words = data.slice(at, (at += short + (place < shortBlocks ? 0 : 1)))
    return { words, check: remainder(words, by) }
  })
  const woven: number[] = []
  for (let place = 0; place <= short; place++) for (const part of parts) if (place < part.words.length) woven.push(part.words[place]!)
  for (let place = 0; place < correction; place++) for (const part of parts) woven.push(part.check[place]!)
  return woven
}

const MASKS: ReadonlyArray<(x: number, y: number) => boolean> = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

function best(version: number, words: number[]): Matrix {
  const drawn = MASKS.map((_, mask) => draw(version, words, mask))
  return drawn.reduce((one, other) => (penalty(other) < penalty(one) ? other : one))
}

function draw(version: number, words: number[], mask: number): Matrix {
  const size = version * 4 + 17
  const dark: Matrix = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  const fixed: Matrix = dark.map((row) => row.map(() => false))
  const set = (x: number, y: number, on: boolean) => {
    dark[y]![x] = on
    fixed[y]![x] = true
  }
  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0)
    set(at, 6, at % 2 === 0)
  }
  for (const [left, top] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) finder(left, top, size, set)
  const rows = alignments(version)
  rows.forEach((y, j) =>
    rows.forEach((x, i) => {
      const isCorner = (i === 0 && j === 0) || (i === 0 && j === rows.length - 1) || (i === rows.length - 1 && j === 0)
      if (!isCorner) for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) set(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1)
    }),
  )
  formats(mask, size, set)
  if (version >= 7) versions(version, size, set)
  fill(words, size, dark, fixed)
  return dark.map((row, y) => row.map((on, x) => (fixed[y]![x] ? on : on !== MASKS[mask]!(x, y))))
}

type Setter = (x: number, y: number, on: boolean) => void

function finder(left: number, top: number, size: number, set: Setter): void {
  for (let dy = -4; dy <= 4; dy++) {
    for (let dx = -4; dx <= 4; dx++) {
      const ring = Math.max(Math.abs(dx), Math.abs(dy))
      const [x, y] = [left + dx, top + dy]
      if (x >= 0 && x < size && y >= 0 && y < size) set(x, y, ring !== 2 && ring !== 4)
    }
  }
}

function alignments(version: number): number[] {
  if (version === 1) return []
  const count = Math.floor(version / 7) + 2
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2
  const places = [6]
  for (let at = version * 4 + 10; places.length < count; at -= step) places.splice(1, 0, at)
  return places
}

function formats(mask: number, size: number, set: Setter): void {
  const data = (LEVEL_M << 3) | mask
  let rest = data
  for (let turn = 0; turn < 10; turn++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537)
  const bits = ((data << 10) | rest) ^ 0x5412
  const bit = (place: number) => ((bits >>> place) & 1) === 1
  for (let at = 0; at <= 5; at++) set(8, at, bit(at))
  set(8, 7, bit(6))
  set(8, 8, bit(7))
  set(7, 8, bit(8))
  for (let at = 9; at < 15; at++) set(14 - at, 8, bit(at))
  for (let at = 0; at < 8; at++) set(size - 1 - at, 8, bit(at))
  for (let at = 8; at < 15; at++) set(8, size - 15 + at, bit(at))
  set(8, size - 8, true)
}

function versions(version: number, size: number, set: Setter): void {
  let rest = version
  for (let turn = 0; turn < 12; turn++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25)
  const bits = (version << 12) | rest
  for (let at = 0; at < 18; at++) {
    const on = ((bits >>> at) & 1) === 1
    const [long, short] = [size - 11 + (at % 3), Math.floor(at / 3)]
    set(long, short, on)
    set(short, long, on)
  }
}

/** Lay the bits in pairs of columns from the lower right, up and down in turn, around what is fixed. */
function fill(words: number[], size: number, dark: Matrix, fixed: Matrix): void {
  let at = 0
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5
    for (let step = 0; step < size; step++) {
      for (const x of [right, right - 1]) {
        const y = ((right + 1) & 2) === 0 ? size - 1 - step : step
        if (fixed[y]![x] || at >= words.length * 8) continue
        dark[y]![x] = ((words[at >>> 3]! >>> (7 - (at & 7))) & 1) === 1
        at++
      }
    }
  }
}

/** How hard a code is to read (8.8.2): long runs, blocks, patterns like a finder, more dark than light. */
function penalty(code: Matrix): number {
  const size = code.length
  const turned = code.map((_, x) => code.map((row) => row[x]!))
  let sum = 0
  for (const line of [...code, ...turned]) {
    const text = line.map((on) => (on ? '1' : '0')).join('')
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2
    for (let at = 0; at + 11 <= size; at++) {
      const piece = text.slice(at, at + 11)
      if (piece === '10111010000' || piece === '00001011101') sum += 40
    }
  }
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      const on = code[y]![x]
      if (on === code[y]![x + 1] && on === code[y + 1]![x] && on === code[y + 1]![x + 1]) sum += 3
    }
  }
  const darks = code.reduce((count, row) => count + row.filter(Boolean).length, 0)
  return sum + Math.floor(Math.abs(darks * 20 - size * size * 10) / (size * size)) * 10
}
