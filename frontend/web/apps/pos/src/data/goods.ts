/** All goods in memory: by id, by code, by what is typed; the same answers as the server's scan and search. */

import type { KeptItemOut } from '@core/api/pos.d.ts'
import { gtin14 } from '@core/barcodes.ts'
import { divideHalfUp } from '@core/money.ts'
import { parseMask } from '@core/scale_codes.ts'
import type { ScaleMask } from '@core/scale_codes.ts'
import { route } from '@core/scan_router.ts'

/** A line that a code proposes; `quantity` null: the goods must be weighed. */
export interface Proposal {
  readonly item: KeptItemOut
  readonly quantity: number | null
}

export type Scanned = { readonly kind: 'goods', readonly line: Proposal } | { readonly kind: 'member', readonly text: string } | null

const RUNS = /[\u3400-\u9fff]+|[a-z0-9]+(?:[-_./'&+][a-z0-9]+)*/g

export class Goods {
  readonly items: readonly KeptItemOut[]
  private readonly bySku = new Map<number, KeptItemOut>()
  private readonly byCode = new Map<string, KeptItemOut>()
  private readonly byGtin = new Map<string, KeptItemOut>()
  private readonly byPlu = new Map<string, KeptItemOut>()
  private readonly packs = new Map<string, number>()
  private readonly masks: readonly ScaleMask[]

  constructor(items: readonly KeptItemOut[], layouts: readonly string[]) {
    this.items = items
    this.masks = layouts.map((layout) => parseMask(layout))
    for (const item of items) {
      this.bySku.set(item.sku_id, item)
      if (item.plu !== null) this.byPlu.set(item.plu, item)
      for (const pack of item.packs) this.packs.set(pack.code, pack.quantity)
      for (const code of item.barcodes) {
        this.byCode.set(code, item)
        const gtin = gtin14(code)
        if (gtin !== null) this.byGtin.set(gtin, item)
      }
    }
  }

  /** Know goods that are neither kept nor sold here alone, so that a basket can show them; not found by code or name. */
  lend(items: readonly KeptItemOut[]): void {
    for (const item of items) if (!this.bySku.has(item.sku_id)) this.bySku.set(item.sku_id, item)
  }

  sku(id: number): KeptItemOut | undefined {
    return this.bySku.get(id)
  }

  /** Say what a code is; the first reading that is known wins. */
  scan(code: string): Scanned {
    for (const reading of route(code, this.masks)) {
      if (reading.kind === 'member_code' || reading.kind === 'member_number') return { kind: 'member', text: reading.text }
      const item = this.read(reading.kind, reading.text)
      if (item === undefined) continue
      const pieces = this.packs.get(reading.text) ?? this.packs.get(code.trim()) ?? 1
      return { kind: 'goods', line: { item, quantity: quantityOf(item, pieces, reading.grams, reading.amount_fen) } }
    }
    return null
  }

  /** Return goods whose names, pinyin or codes hold every part of the text; whole codes and beginnings first. */
  search(text: string, most = 60): KeptItemOut[] {
    const typed = text.normalize('NFKC').toLowerCase().trim()
    const needles = (typed.match(RUNS) ?? []).map((run) =>
      /[\u3400-\u9fff]/.test(run) ? run : ` ${run.replace(/[^a-z0-9]/g, '').slice(0, 24)}`,
    )
    if (needles.length === 0) return []
    const found: { item: KeptItemOut, rank: number }[] = []
    for (const item of this.items) {
      if (!needles.every((needle) => item.search.includes(needle))) continue
      const isCode = item.sku_code.toLowerCase() === typed || item.plu === typed || item.barcodes.includes(typed)
      found.push({ item, rank: isCode ? 0 : item.search.startsWith(typed) ? 1 : item.search.includes(`\n ${typed} `) ? 2 : 3 })
      if (found.length > 2000) break
    }
    return found.sort((one, other) => one.rank - other.rank || one.item.sku_id - other.item.sku_id)
      .slice(0, most).map((each) => each.item)
  }

  private read(kind: string, text: string): KeptItemOut | undefined {
    if (kind === 'barcode') return this.byCode.get(text)
    if (kind === 'gtin') return this.byGtin.get(text)
    return kind === 'scale' || kind === 'plu' ? this.byPlu.get(text.padStart(5, '0')) : undefined
  }
}

function quantityOf(item: KeptItemOut, pieces: number, grams: number | null, labelFen: number | null): number | null {
  if (item.quantity_scale === 1) return pieces
  if (grams !== null) return grams
  if (labelFen === null || item.price_fen <= 0) return null
  return Math.max(1, divideHalfUp(labelFen * item.quantity_scale, item.price_fen))
}
