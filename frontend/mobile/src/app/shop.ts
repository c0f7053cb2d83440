/** The shop the shopper is in: entered by the server's rule, changed by her own choice. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { StoreOut } from '@core/api/mall'
import { api } from './api'

const KEY = 'quanyu.store'
export interface Place {
  readonly longitude: number
  readonly latitude: number
}

export const useShop = defineStore('shop', () => {
  const store = ref<StoreOut | null>(null)
  const place = ref<Place | null>(null)
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
      reason.value = entry.reason
      if (entry.store !== null) take(entry.store)
    } catch (problem) {
      fault.value = problem
    }
  }

  function take(chosen: StoreOut): void {
    store.value = chosen
    uni.setStorageSync(KEY, chosen.id)
  }

  /** Ask the phone where it is; a refusal is an answer too (`false`), the shopper then chooses from a list. */
  async function locate(): Promise<boolean> {
    place.value = await new Promise<Place | null>((resolve) =>
      uni.getLocation({
        type: 'gcj02',
        success: ({ longitude, latitude }) => resolve({ longitude, latitude }),
        fail: () => resolve(null),
      }),
    )
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
