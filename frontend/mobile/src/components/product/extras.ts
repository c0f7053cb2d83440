/** What goes beside a product: its content and what others bought with it. Either may fail without taking the page along. */
import type { ContentOut, OfferOut } from '@core/api/mall'
import { api } from '@/app/api'

export interface Extras {
  readonly content: ContentOut | null
  readonly also: readonly OfferOut[]
}

export async function extrasOf(storeId: number, productId: number): Promise<Extras> {
  const path = { store_id: storeId, product_id: productId }
  const [content, also] = await Promise.all([
    api('get', '/stores/{store_id}/products/{product_id}/content', { path }).catch(() => null),
    api('get', '/stores/{store_id}/products/{product_id}/also-bought', { path }).then((found) => found.items, () => []),
  ])
  return { content, also }
}
