/** Putting one piece (or half a kilogram) of something into the cart from a list. */
import type { OfferOut } from '@core/api/mall'
import { useCart } from '@/app/cart'
import { toast } from '@/app/faults'
import { member, toProduct } from '@/app/go'
import { useShop } from '@/app/shop'
import { isSignedIn } from '@/app/token'
import { t } from '@/i18n'

export const LEAST_GRAMS = 500

export function useAdding() {
  async function add(offer: OfferOut): Promise<void> {
    if (!isSignedIn()) return member(`/pages/product/index?id=${offer.product_id}&sku=${offer.sku_id}`)
    if (offer.available <= 0 && offer.express_available <= 0) return toProduct(offer.product_id, offer.sku_id)
    try {
      const store = await useShop().current()
      await useCart().add(store.id, offer.sku_id, offer.quantity_scale === 1 ? 1 : LEAST_GRAMS)
      uni.showToast({ title: t('find.added'), icon: 'success', duration: 900 })
    } catch (fault) {
      toast(fault)
    }
  }
  return { add }
}
