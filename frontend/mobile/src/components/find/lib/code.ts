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

const TOKEN = /^[A-Za-z0-9_-]{16,32}$/

/** Return the token in a scanned address such as https://shop.example/q/AbC123; null for what is a barcode. */
export function tokenOf(scanned: string): string | null {
  return /\/q\/([A-Za-z0-9_-]{1,64})\/?(?:[?#]|$)/.exec(scanned.trim())?.[1] ?? null
}

/** Return the words of an address; the words themselves when they cannot be decoded. */
function plainOf(given: string): string {
  try {
    return decodeURIComponent(given)
  } catch {
    return given
  }
}

/**
 * Return the token that a page was opened with, or the empty word: `token` or `code` in its address, `scene` of a
 * mini-program's own code, or the whole scanned address in `q`, as WeChat passes it on.
 */
export function tokenIn(query: Readonly<Record<string, string | undefined>> | undefined): string {
  for (const given of [query?.['token'], query?.['code'], query?.['scene'], query?.['q']]) {
    if (!given) continue
    const plain = plainOf(given)
    const token = tokenOf(plain) ?? plain
    if (TOKEN.test(token)) return token
  }
  return ''
}
