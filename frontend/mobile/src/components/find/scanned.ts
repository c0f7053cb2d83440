/** A code that was followed: the store it belongs to, and whether the shopper goes on in that store. */
import { computed, ref, shallowRef } from 'vue'
import type { StoreOut } from '@core/api/mall'
import { api } from '@/app/api'
import { rememberStaff } from '@/app/promo'
import { useShop } from '@/app/shop'
import type { CodeTarget } from '@/components/find/lib/code'
import { resolve } from '@/components/find/resolving'

export function useScanned() {
  const shop = useShop()
  const where = shallowRef<StoreOut | null>(null)
  /** The code hangs in the store; one that was shared was only made there. */
  const isScanned = ref(false)
  const isAnswered = ref(false)
  /** She is in another store than the code: she is asked and not carried off, her cart is there. */
  const isAsking = computed(() => where.value !== null && shop.store !== null && where.value.id !== shop.store.id && !isAnswered.value)

  /** Find out where a code leads; who is in no store of her own yet enters the one of the code. Rejects for an unknown code. */
  async function follow(token: string): Promise<CodeTarget> {
    const target = await resolve(token)
    rememberStaff(target.staff_code)
    const storeId = target.scanned_in?.store_id ?? target.store_id
    if (storeId === null) return target
    const found = await api('get', '/stores/{store_id}', { path: { store_id: storeId }, query: shop.place ?? {} })
    await shop.current().catch(() => null)
    if (shop.store === null || shop.reason === 'default') shop.take(found)
    where.value = found
    isAnswered.value = false
    isScanned.value = target.scanned_in !== null
    return target
  }
  /** Go on in the store of the code. */
  function change(): void {
    isAnswered.value = true
    if (where.value !== null) shop.take(where.value)
  }
  function stay(): void {
    isAnswered.value = true
  }
  return { where, isScanned, isAsking, follow, change, stay }
}
