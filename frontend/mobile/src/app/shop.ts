/** The shop the shopper is in: entered by the server's rule, changed by her own choice. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { wgs84ToGcj02 } from '@core/coordinates.ts'
import type { StoreOut } from '@core/api/mall'
import { api } from './api'

const KEY = 'quanyu.store'
export interface Place {
  readonly longitude: number
  readonly latitude: number
}

function position(type: 'wgs84' | 'gcj02'): Promise<Place | null> {
  return new Promise((resolve) =>
    uni.getLocation({
      type,
      success: ({ longitude, latitude }) => resolve({ longitude, latitude }),
      fail: () => resolve(null),
    }),
  )
}

export const useShop = defineStore('shop', () => {
  const store = ref<StoreOut | null>(null)
  const place = ref<Place | null>(null)
  /** Why it is this store: the rule of the server that chose it, or `chosen` (by herself, by a link, by a code). */
  const reason = ref('')
  const fault = ref<unknown>(null)
  let entering: Promise<void> | null = null

  /** Enter a store once; all who need one wait for the same answer. */
  function enter(): Promise<void> {
    entering ??= choose().finally(() => (entering = null))
    return entering
  }

  async function choose(): Promise<void> {
    fault.value = null
    const last = Number(uni.getStorageSync(KEY)) || null
    try {
      const entry = await api('get', '/stores/entry', { query: { ...(place.value ?? {}), last_store_id: last } })
      // Where only the default rule placed her she is not at home: it is not remembered as the store she was in last.
      if (entry.store !== null && entry.reason === 'default') store.value = entry.store
      else if (entry.store !== null) take(entry.store)
      reason.value = entry.reason
    } catch (problem) {
      fault.value = problem
    }
  }

  function take(chosen: StoreOut): void {
    store.value = chosen
    reason.value = 'chosen'
    uni.setStorageSync(KEY, chosen.id)
  }

  /** Ask the phone where it is; a refusal is an answer too (`false`), the shopper then chooses from a list. */
  async function locate(): Promise<boolean> {
    // The browser knows satellite positions only; asked for Chinese ones, uni wants a map provider's key.
    // #ifdef H5
    const found = await position('wgs84')
    place.value = found === null ? null : wgs84ToGcj02(found)
    // #endif
    // #ifndef H5
    place.value = await position('gcj02')
    // #endif
    return place.value !== null
  }

  /** The store to show things of; enters one first where none is known. Rejects with what stood in the way. */
  async function current(): Promise<StoreOut> {
    if (store.value === null) await enter()
    if (store.value === null) throw fault.value ?? new Error('no store')
    return store.value
  }

  return { store, place, reason, fault, enter, take, locate, current }
})
