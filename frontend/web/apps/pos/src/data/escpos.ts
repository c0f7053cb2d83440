/**
 * A receipt as bytes for a thermal printer: ESC/POS as Epson's reference describes it, Chinese in GB18030.
 *
 * 58 mm paper has 32 columns, 80 mm has 48; a Chinese character takes two. Large rows have half as many.
 */
import { typeset, type PaperRow } from './receipts.ts'
import { gb18030 } from './gb18030.ts'

const ESC = 0x1b
const FS = 0x1c
const GS = 0x1d
const INIT = [ESC, 0x40]
const CHINESE = [FS, 0x26]
const LEFT = [ESC, 0x61, 0]
const CENTRE = [ESC, 0x61, 1]
const PLAIN = [GS, 0x21, 0x00]
const TALL = [GS, 0x21, 0x01]
const LARGE = [GS, 0x21, 0x11]
const BOLD = [ESC, 0x45, 1]
const LIGHT = [ESC, 0x45, 0]
const FEED_AND_CUT = [GS, 0x56, 0x42, 0x00]
/** Opens the drawer on the printer's first plug: 50 ms on, 500 ms off. */
export const DRAWER = Uint8Array.from([ESC, 0x70, 0, 0x19, 0xfa])

export interface Printing {
  readonly columns: number
  /** Open the drawer first: cash changes hands. */
  readonly drawer?: boolean
  /** A QR code at the end; empty for none. */
  readonly qr?: string
}

/** Return everything that the printer shall get for one receipt. */
export function printed(rows: readonly PaperRow[], printing: Printing): Uint8Array {
  const parts: (Uint8Array | number[])[] = [INIT, CHINESE]
  if (printing.drawer === true) parts.push(DRAWER)
  for (const row of rows) parts.push(...printedRow(withPrintersYen(row), printing.columns))
  if (printing.qr !== undefined && printing.qr !== '') parts.push(CENTRE, qrCode(printing.qr), LEFT)
  parts.push(FEED_AND_CUT)
  return joined(parts)
}

function printedRow(row: PaperRow, width: number): (Uint8Array | number[])[] {
  if (row.kind === 'title') {
    // The printer centres by itself what is twice as wide.
    const lines = typeset([{ ...row, kind: 'text' }], Math.floor(width / 2))
    return [CENTRE, LARGE, ...lines.map(printedLine), PLAIN, LEFT]
  }
  const lines = typeset([row.kind === 'total' ? { ...row, kind: 'pair' } : row], width).map(printedLine)
  return row.kind === 'total' ? [TALL, BOLD, ...lines, LIGHT, PLAIN] : lines
}

function printedLine(line: string): Uint8Array {
  return joined([gb18030(line), [0x0a]])
}

/** The half-width yen sign takes four bytes, which few printers know; the full-width one is in all of them. */
function withPrintersYen(row: PaperRow): PaperRow {
  return { ...row, left: row.left.replaceAll('¥', '￥'), right: row.right.replaceAll('¥', '￥') }
}

/** Model 2, size 6, correction M; the symbol is stored, then printed. */
function qrCode(text: string): Uint8Array {
  const data = new TextEncoder().encode(text)
  const length = data.length + 3
  return joined([
    [GS, 0x28, 0x6b, 4, 0, 0x31, 0x41, 0x32, 0],
    [GS, 0x28, 0x6b, 3, 0, 0x31, 0x43, 6],
    [GS, 0x28, 0x6b, 3, 0, 0x31, 0x45, 0x31],
    [GS, 0x28, 0x6b, length & 0xff, length >> 8, 0x31, 0x50, 0x30], data,
    [GS, 0x28, 0x6b, 3, 0, 0x31, 0x51, 0x30],
  ])
}

function joined(parts: readonly (Uint8Array | number[])[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
