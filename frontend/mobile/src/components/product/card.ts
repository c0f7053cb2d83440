/** The picture of a product that is passed on: its photo, name, price and store, and the code that leads to it. */

export interface Card {
  readonly name: string
  /** Yuan, as written. */
  readonly price: string
  readonly store: string
  readonly hint: string
  readonly modules: readonly string[]
}

export interface Photo {
  readonly image: CanvasImageSource
  readonly width: number
  readonly height: number
}

export type Pen = Pick<CanvasRenderingContext2D, 'fillStyle' | 'font' | 'textAlign' | 'textBaseline' | 'fillRect' | 'fillText' | 'measureText' | 'drawImage'>

export const WIDTH = 750
export const HEIGHT = 1064
const EDGE = 44
const CODE = 208
const QUIET = 2
const GAP = 36
const NAME_PX = 40
const LINE = 56
const HINT_TOP = 18
const FONT = '-apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
// The picture leaves the phone, so it is light on every screen (tokens of the light theme).
const COLOURS = { paper: '#ffffff', sunken: '#f0f2f1', text: '#15201b', faint: '#68716c', price: '#cf3b26', dark: '#000000' }

/** Break a text into lines that fit; what is too much ends with an ellipsis. */
export function wrapped(text: string, width: number, most: number, widthOf: (part: string) => number): string[] {
  const parts = text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+/g) ?? []
  const lines = ['']
  for (const part of parts) {
    const line = lines[lines.length - 1]!
    if (line !== '' && widthOf(line + part.trimEnd()) > width) lines.push(part.trimStart())
    else lines[lines.length - 1] = line + (line === '' ? part.trimStart() : part)
  }
  const kept = lines.slice(0, most).map((line) => line.trimEnd())
  if (lines.length > most) kept[most - 1] += '…'
  return kept.map((line) => shortened(line, width, widthOf))
}

function shortened(line: string, width: number, widthOf: (part: string) => number): string {
  if (widthOf(line) <= width) return line
  let end = line.endsWith('…') ? line.length - 1 : line.length
  while (end > 1 && widthOf(`${line.slice(0, end)}…`) > width) end -= 1
  return `${line.slice(0, end)}…`
}

/** The part of a photo that fills a square: from the middle. */
export function square(width: number, height: number): { x: number; y: number; side: number } {
  const side = Math.min(width, height)
  return { x: (width - side) / 2, y: (height - side) / 2, side }
}

/** Draw the card; without a photo its place stays calm. */
export function paint(pen: Pen, card: Card, photo: Photo | null): void {
  pen.fillStyle = COLOURS.paper
  pen.fillRect(0, 0, WIDTH, HEIGHT)
  pen.fillStyle = COLOURS.sunken
  pen.fillRect(0, 0, WIDTH, WIDTH)
  if (photo !== null) {
    const { x, y, side } = square(photo.width, photo.height)
    pen.drawImage(photo.image, x, y, side, side, 0, 0, WIDTH, WIDTH)
  }
  paintCode(pen, card)
  paintWords(pen, card)
}

function paintWords(pen: Pen, card: Card): void {
  const width = WIDTH - 2 * EDGE - CODE - GAP
  const widthOf = (part: string) => pen.measureText(part).width
  pen.textAlign = 'left'
  pen.textBaseline = 'top'
  pen.fillStyle = COLOURS.text
  pen.font = `600 ${NAME_PX}px ${FONT}`
  let y = WIDTH + EDGE
  for (const line of wrapped(card.name, width, 2, widthOf)) {
    pen.fillText(line, EDGE, y)
    y += LINE
  }
  pen.fillStyle = COLOURS.price
  pen.font = `600 36px ${FONT}`
  const sign = widthOf('¥')
  pen.fillText('¥', EDGE, y + 32)
  pen.font = `700 60px ${FONT}`
  pen.fillText(card.price, EDGE + sign + 4, y + 12)
  pen.fillStyle = COLOURS.faint
  pen.font = `400 28px ${FONT}`
  pen.fillText(wrapped(card.store, width, 1, widthOf)[0] ?? '', EDGE, y + 96)
}

/** Modules are whole pixels, else a scanner sees grey. */
function paintCode(pen: Pen, card: Card): void {
  const count = card.modules.length + 2 * QUIET
  const cell = Math.floor(CODE / count) || 1
  const left = WIDTH - EDGE - CODE + Math.floor((CODE - cell * count) / 2) + cell * QUIET
  const top = WIDTH + EDGE + cell * QUIET
  pen.fillStyle = COLOURS.dark
  card.modules.forEach((row, y) => {
    for (const run of row.matchAll(/1+/g)) pen.fillRect(left + run.index * cell, top + y * cell, run[0].length * cell, cell)
  })
  pen.textAlign = 'center'
  pen.textBaseline = 'top'
  pen.fillStyle = COLOURS.faint
  pen.font = `400 24px ${FONT}`
  pen.fillText(card.hint, WIDTH - EDGE - CODE / 2, WIDTH + EDGE + cell * count + HINT_TOP)
}
