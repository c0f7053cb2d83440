/** Paper at this till: how wide it is, and how the browser prints on it. */

import { ref } from 'vue'
import { typeset } from '../data/receipts.ts'
import type { PaperRow } from '../data/receipts.ts'

export type PaperMm = 58 | 80

const KEY = 'quanyu-pos-paper'
const COLUMNS: Record<PaperMm, number> = { 58: 32, 80: 48 }

export const paperMm = ref<PaperMm>(localStorage.getItem(KEY) === '58' ? 58 : 80)

export function choosePaper(mm: PaperMm): void {
  paperMm.value = mm
  localStorage.setItem(KEY, String(mm))
}

export function paperColumns(): number {
  return COLUMNS[paperMm.value]
}

/** Return the lines as they stand on the paper; only a printer sets titles larger. */
export function paperLines(rows: readonly PaperRow[]): string[] {
  return typeset(rows.map((row) => (row.kind === 'title' ? { ...row, kind: 'centre' as const } : row)), paperColumns())
}

export function printInBrowser(rows: readonly PaperRow[]): void {
  const sheet = document.createElement('div')
  sheet.className = `sheet mm${paperMm.value}`
  const text = document.createElement('pre')
  text.textContent = paperLines(rows).join('\n')
  sheet.append(text)
  const page = document.createElement('style')
  page.textContent = `@page { size: ${paperMm.value}mm auto; margin: 2mm; }`
  document.body.append(page, sheet)
  window.print()
  sheet.remove()
  page.remove()
}
