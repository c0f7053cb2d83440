/** GB18030, the way Chinese receipt printers read text. Browsers decode it and do not encode it: the table is turned round. */

const LEAD_FIRST = 0x81
const LEADS = 126
const TRAILS = [...range(0x40, 0x7e), ...range(0x80, 0xfe)]
const REPLACEMENT = '\ufffd'
// Four bytes, linear: 39,420 codes below U+10000, and U+10000 onwards from 90 30 81 30.
const FOUR_BELOW = 39_420
const FOUR_BEYOND = 189_000

let codes: Map<number, readonly number[]> | null = null

/** Return a text's bytes. What GB18030 has no code for (there is hardly anything) becomes a question mark. */
export function gb18030(text: string): Uint8Array {
  codes ??= turnedRound()
  const bytes: number[] = []
  for (const sign of text) {
    const point = sign.codePointAt(0) ?? 0x3f
    if (point < 0x80) bytes.push(point)
    else if (point > 0xffff) bytes.push(...four(FOUR_BEYOND + point - 0x10000))
    else bytes.push(...(codes.get(point) ?? [0x3f]))
  }
  return Uint8Array.from(bytes)
}

function turnedRound(): Map<number, readonly number[]> {
  const found = new Map<number, readonly number[]>()
  // The first code of a sign counts, and two bytes before four: printers know those all.
  collect(found, range(LEAD_FIRST, LEAD_FIRST + LEADS - 1).flatMap((lead) => TRAILS.map((trail) => [lead, trail])))
  collect(found, Array.from({ length: FOUR_BELOW }, (_, pointer) => four(pointer)))
  return found
}

function collect(found: Map<number, readonly number[]>, sequences: readonly (readonly number[])[]): void {
  const decoder = new TextDecoder('gb18030')
  for (const bytes of sequences) {
    const sign = decoder.decode(Uint8Array.from(bytes))
    const point = sign.charCodeAt(0)
    if (sign.length === 1 && sign !== REPLACEMENT && !found.has(point)) found.set(point, bytes)
  }
}

function four(pointer: number): number[] {
  return [
    0x81 + Math.floor(pointer / 12_600), 0x30 + (Math.floor(pointer / 1260) % 10),
    0x81 + (Math.floor(pointer / 10) % 126), 0x30 + (pointer % 10),
  ]
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, place) => first + place)
}
