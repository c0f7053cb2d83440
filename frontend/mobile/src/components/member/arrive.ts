/** Addresses of pages that travel inside of others' parameters. */

const TABS = ['/pages/home/index', '/pages/categories/index', '/pages/cart/index', '/pages/me/index']

/** The browser hands parameters over decoded, the mini-program as they were written. */
export function decoded(value: string | undefined): string {
  if (value === undefined || !/%[0-9A-Fa-f]{2}/.test(value)) return value ?? ''
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** Leave a page for the one she came for; a page of ours only, else the member's own. */
export function arrive(to: string): void {
  const url = /^\/(pages|find|order|member)\/[\w/-]+(\?|$)/.test(to) ? to : '/pages/me/index'
  if (TABS.includes(url)) uni.switchTab({ url })
  else uni.redirectTo({ url, fail: () => uni.switchTab({ url: '/pages/me/index' }) })
}
