/** Buying again: what an order held goes into the cart of the shop the shopper is in; what cannot is told. */
import type { OrderOut } from '@core/api/mall'
import { api } from '@/app/api'
import { useCart } from '@/app/cart'
import { go } from '@/app/go'
import { useShop } from '@/app/shop'
import { t } from '@/i18n'

export async function buyAgain(order: OrderOut): Promise<void> {
  const store = await useShop().current()
  const { added, refused } = await api('post', '/orders/{order_id}/again', { path: { order_id: order.id }, body: { store_id: store.id } })
  void useCart().refreshCount()
  if (refused.length === 0) return go('/pages/cart/index')
  uni.showModal({
    title: added.length > 0 ? t('order.againSome') : t('order.againNone'),
    content: refused.map((one) => `${one.name}: ${one.text}`).join('\n'),
    showCancel: false,
    confirmText: t('common.ok'),
    complete: () => added.length > 0 && go('/pages/cart/index'),
  })
}
