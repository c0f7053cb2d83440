/** Quick keys: what was starred at this till, then what it sold most; until then goods with pictures. */

import { liveQuery } from 'dexie'
import { computed, ref } from 'vue'
import { db } from '../data/db.ts'
import { goods } from './till.ts'

const KEY = 'favourites'
const MOST = 48
const starred = ref<number[]>([])
const sold = ref<number[]>([])

liveQuery(() => db.get<number[]>(KEY)).subscribe((found) => { starred.value = found ?? [] })
liveQuery(async () => {
  const counts = new Map<number, number>()
  for (const sale of await db.sales.orderBy('soldAt').reverse().limit(300).toArray()) {
    for (const line of sale.lines) counts.set(line.skuId, (counts.get(line.skuId) ?? 0) + 1)
  }
  return [...counts].filter(([, count]) => count > 1).sort((one, other) => other[1] - one[1]).map(([id]) => id)
}).subscribe((found) => { sold.value = found })

export const favourites = computed(() => {
  const ids = [...new Set([...starred.value, ...sold.value])]
  const first = ids.flatMap((id) => goods.value.sku(id) ?? [])
  if (first.length >= MOST) return first.slice(0, MOST)
  const known = new Set(ids)
  const seen = new Set<number>()
  const rest = goods.value.items.filter((item) => {
    // One of each category in turn would be all the same shelf otherwise.
    if (known.has(item.sku_id) || item.image === '' || seen.has(item.category_id)) return false
    seen.add(item.category_id)
    return true
  })
  const others = goods.value.items.filter((item) => !known.has(item.sku_id) && !rest.includes(item))
  const pictured = others.filter((item) => item.image !== '')
  return [...first, ...rest, ...pictured, ...others.filter((item) => item.image === '')].slice(0, MOST)
})

export function isFavourite(id: number): boolean {
  return starred.value.includes(id)
}

export async function toggleFavourite(id: number): Promise<void> {
  const next = isFavourite(id) ? starred.value.filter((one) => one !== id) : [...starred.value, id]
  starred.value = next
  await db.set(KEY, [...next])
}
