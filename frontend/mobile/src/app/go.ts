/** Where a tap leads. One place knows the pages' addresses. */
import type { Link } from './links'
import { isSignedIn } from './token'

const TABS = ['/pages/home/index', '/pages/categories/index', '/pages/cart/index', '/pages/me/index']

export function go(url: string): void {
  const tab = TABS.find((one) => url === one)
  if (tab !== undefined) uni.switchTab({ url: tab })
  else uni.navigateTo({ url, fail: () => uni.redirectTo({ url }) })
}

export function back(): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else uni.switchTab({ url: TABS[0]! })
}

/** Go on when somebody is signed in; else sign in first and come back. */
export function member(url: string): void {
  if (isSignedIn()) go(url)
  else go(`/pages/login/index?to=${encodeURIComponent(url)}`)
}

export const toProduct = (productId: number, skuId?: number | null): void =>
  go(`/pages/product/index?id=${productId}${skuId ? `&sku=${skuId}` : ''}`)

/** Follow a link that a page block or a banner names. */
export function follow(link: Link): void {
  switch (link.kind) {
    case 'product':
      return toProduct(Number(link.value))
    case 'category':
      return go(`/find/list/index?category=${link.value}`)
    case 'search':
      return go(`/find/list/index?text=${encodeURIComponent(link.value)}`)
    case 'coupons':
      return go('/find/coupons/index')
    case 'points':
      return member('/member/points-mall/index')
    case 'member_code':
      return member('/member/code/index')
    case 'stores':
      return go('/find/stores/index')
    case 'flash':
      return go('/find/flash/index')
    default:
      return undefined
  }
}
