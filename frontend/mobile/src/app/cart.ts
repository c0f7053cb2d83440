/** The number on the cart's tab, and putting things in. The cart itself lives on the server. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from './api'
import { useShop } from './shop'
import { showCartCount } from './tabs'
import { isSignedIn } from './token'

export const useCart = defineStore('cart', () => {
  const count = ref(0)

  function show(lines: ReadonlyArray<{ quantity: number; quantity_scale: number }>): void {
    count.value = lines.reduce((sum, line) => sum + (line.quantity_scale === 1 ? line.quantity : 1), 0)
    showCartCount(count.value)
  }

  /** Read the cart's count anew; nothing happens without a member or a network. */
  async function refreshCount(): Promise<void> {
    if (!isSignedIn()) return show([])
    try {
      const store = await useShop().current()
      show((await api('get', '/cart', { query: { store_id: store.id } })).lines)
    } catch {
      // The badge is a comfort; whoever opens the cart sees the fault there.
    }
  }

  /** Put so much of a SKU into the cart; rejects with the server's refusal. */
  async function add(storeId: number, skuId: number, quantity: number): Promise<void> {
    const cart = await api('post', '/cart/lines', { body: { store_id: storeId, sku_id: skuId, quantity } })
    show(cart.lines)
  }

  return { count, show, refreshCount, add }
})
