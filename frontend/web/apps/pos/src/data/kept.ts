/** Goods and rules on the till: only what has changed is loaded, and what was spoiled heals itself. */

import type { DifferencesOut, KnownIn, RulesOut } from '@core/api/pos.d.ts'
import type { TillDb } from './db.ts'

export const BUCKETS = 256
const PAGE = 2000

export interface Source {
  differences(known: KnownIn): Promise<DifferencesOut>
  rules(): Promise<RulesOut>
}

/**
 * Bring the goods up to date; `tell` hears how many of how many are there. Returns whether anything changed. The server is
 * asked about all goods once; an empty till first takes them part by part, for nothing can be compared with nothing.
 */
export async function loadGoods(db: TillDb, source: Source, tell: (have: number, of: number) => void): Promise<boolean> {
  const digests = Array.from({ length: BUCKETS }, () => '')
  const sizes = Array.from({ length: BUCKETS }, () => 0)
  await db.buckets.each((bucket) => {
    digests[bucket.number] = bucket.digest
    sizes[bucket.number] = bucket.items.length
  })
  let changed = false
  const take = async (only?: number[]): Promise<DifferencesOut> => {
    const found = await source.differences(only === undefined ? { digests, limit: PAGE } : { digests, limit: PAGE, only })
    await db.transaction('rw', db.buckets, async () => {
      for (const bucket of found.buckets) {
        if (bucket.digest === '') await db.buckets.delete(bucket.number)
        else await db.buckets.put(bucket)
        digests[bucket.number] = bucket.digest
        sizes[bucket.number] = bucket.items.length
      }
    })
    changed ||= found.buckets.length > 0
    tell(Math.min(sizes.reduce((sum, size) => sum + size, 0), found.items), found.items)
    return found
  }
  const takeAll = async (numbers: number[]): Promise<void> => {
    for (let left = numbers; left.length > 0;) left = (await take(left)).remaining
  }
  if (digests.every((each) => each === '')) await takeAll(digests.map((_, number) => number))
  const whole = await take()
  await takeAll(whole.remaining)
  await db.meta.put({ key: 'version', value: whole.version })
  return changed
}

/** Bring the rules up to date, and return them. */
export async function loadRules(db: TillDb, source: Source): Promise<RulesOut> {
  const rules = await source.rules()
  await db.transaction('rw', db.meta, async () => {
    await db.meta.put({ key: 'rules', value: rules })
    await db.meta.put({ key: 'clock', value: Date.parse(rules.server_time) - Date.now() })
  })
  return rules
}
