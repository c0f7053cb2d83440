/** Goods and rules on the till: only what has changed is loaded, and what was spoiled heals itself. */

import type { DifferencesOut, KnownIn, RulesOut } from '@core/api/pos.d.ts'
import type { TillDb } from './db.ts'

export const BUCKETS = 256
const PAGE = 2000

export interface Source {
  differences(known: KnownIn): Promise<DifferencesOut>
  rules(): Promise<RulesOut>
}

/** Bring the goods up to date; `tell` hears how many of how many are there. Returns whether anything changed. */
export async function loadGoods(db: TillDb, source: Source, tell: (have: number, of: number) => void): Promise<boolean> {
  const digests = Array.from({ length: BUCKETS }, () => '')
  let have = 0
  await db.buckets.each((bucket) => {
    digests[bucket.number] = bucket.digest
    have += bucket.items.length
  })
  let changed = false
  for (;;) {
    const found = await source.differences({ digests, limit: PAGE })
    await db.transaction('rw', db.buckets, db.meta, async () => {
      for (const bucket of found.buckets) {
        if (bucket.digest === '') await db.buckets.delete(bucket.number)
        else await db.buckets.put(bucket)
        digests[bucket.number] = bucket.digest
        have += bucket.items.length
      }
      if (found.is_complete) await db.meta.put({ key: 'version', value: found.version })
    })
    changed ||= found.buckets.length > 0
    tell(Math.min(have, found.items), found.items)
    if (found.is_complete) return changed
  }
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
