/** What one piece would cost a member with the best of her coupons: asked of the server, which decides. */
import type { OfferOut } from '@core/api/mall'
import { api } from '@/app/api'
import { isSignedIn } from '@/app/token'

export interface BestPrice {
  readonly payable_fen: number
  readonly saved_fen: number
  readonly labels: readonly string[]
}

/** Return null when nobody is signed in, nothing is saved, or the question could not be answered. */
export async function bestPrice(storeId: number, offer: OfferOut): Promise<BestPrice | null> {
  if (!isSignedIn() || offer.available <= 0) return null
  try {
    const lines = [{ sku_id: offer.sku_id, quantity: offer.quantity_scale }]
    const best = await api('post', '/quotes/best', { body: { store_id: storeId, delivery: 'pickup', lines } })
    if (best.saved_fen <= 0) return null
    return { payable_fen: best.quote.payable_fen, saved_fen: best.saved_fen, labels: best.quote.coupons.filter((one) => one.chosen).map((one) => one.label) }
  } catch {
    return null
  }
}
