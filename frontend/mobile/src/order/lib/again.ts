/** Buying again: what an order held goes into the cart of the shop the shopper is in; what cannot is told. */
import type { OrderOut } from '@core/api/mall'
import { useCart } from '@/app/cart'
import { tell } from '@/app/faults'
import { go } from '@/app/go'
import { useShop } from '@/app/shop'
import { t } from '@/i18n'

export async function buyAgain(order: OrderOut): Promise<void> {
  const store = await useShop().current()
  const missed: string[] = []
  for (const line of order.lines.filter((one) => one.gift_of === '')) {
    try {
      await useCart().add(store.id, line.sku_id, line.quantity)
    } catch (fault) {
      if (tell(fault).kind === 'offline') throw fault
      missed.push(line.name)
    }
  }
  if (missed.length === order.lines.length) return void uni.showModal({ title: t('order.againNone'), showCancel: false, confirmText: t('common.ok') })
  if (missed.length > 0) uni.showModal({ title: t('order.againSome'), content: missed.join('、'), showCancel: false, confirmText: t('common.ok'), complete: () => go('/pages/cart/index') })
  else go('/pages/cart/index')
}
