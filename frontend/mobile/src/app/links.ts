/** Where a banner or shortcut leads: a kind and what of it. */
export interface Link {
  readonly kind: 'product' | 'category' | 'search' | 'coupons' | 'points' | 'member_code' | 'stores' | 'flash' | 'none'
  readonly value: string
}
