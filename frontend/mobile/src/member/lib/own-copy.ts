/** The copy of one's own data that the server makes as a page, taken apart so that a phone can show it. */

export interface Section {
  readonly title: string
  readonly text: string
  /** Each record with its fields by name. */
  readonly records: ReadonlyArray<ReadonlyArray<{ readonly name: string; readonly value: string }>>
}

const plain = (html: string): string =>
  html
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, code: string) => String.fromCharCode(parseInt(code, hex ? 16 : 10)))
    .replace(/&amp;/g, '&')
    .trim()

const cells = (row: string, tag: 'th' | 'td'): string[] => [...row.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map((cell) => plain(cell[1]!))

export function sectionsOf(page: string): Section[] {
  return page
    .split(/<h2[^>]*>/)
    .slice(1)
    .map((part) => {
      const [title = '', body = ''] = part.split('</h2>')
      const table = /<table[^>]*>([\s\S]*?)<\/table>/.exec(body)
      if (table === null) return { title: plain(title), text: plain(body), records: [] }
      return { title: plain(title), text: plain(body.replace(table[0], '')), records: recordsOf(table[1]!) }
    })
}

/** A table with a row of names has a record a row; one with a name in each row is one record. */
function recordsOf(table: string): Section['records'] {
  const rows = [...table.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)].map((row) => row[1]!)
  const names = rows.length > 0 && cells(rows[0]!, 'td').length === 0 ? cells(rows[0]!, 'th') : null
  if (names === null) return [rows.map((row) => ({ name: cells(row, 'th')[0] ?? '', value: cells(row, 'td')[0] ?? '' })).filter(({ value }) => value !== '')]
  return rows.slice(1).map((row) => cells(row, 'td').map((value, place) => ({ name: names[place] ?? '', value })).filter(({ value }) => value !== ''))
}
