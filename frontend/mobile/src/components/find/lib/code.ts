/** What a scanned code is: a code of the mall (a label on a shelf, a shared product, an associate's) or a barcode. */

/** Where a code of the mall leads. */
export interface CodeTarget {
  readonly kind: 'product' | 'store' | 'associate'
  readonly store_id: number | null
  readonly product_id: number | null
  readonly sku_id: number | null
  readonly staff_code: string | null
  readonly scanned_in: { readonly store_id: number; readonly store_name: string } | null
}

/** Return the token in a scanned address such as https://shop.example/q/AbC123; null for what is a barcode. */
export function tokenOf(scanned: string): string | null {
  return /\/q\/([A-Za-z0-9_-]{1,64})\/?(?:[?#]|$)/.exec(scanned.trim())?.[1] ?? null
}
