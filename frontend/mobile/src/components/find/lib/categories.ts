/** The tree of categories as the shopper walks it. */
import type { CategoryOut } from '@core/api/mall'

/** Return the children of a category, or of the root for `null`; their order is the server's. */
export function childrenOf(categories: readonly CategoryOut[], parent: number | null): CategoryOut[] {
  return categories.filter((one) => one.parent_id === parent)
}

/** Return what stands at the top of the shop: the roots, or below a lone root its children. */
export function topCategories(categories: readonly CategoryOut[]): CategoryOut[] {
  const roots = childrenOf(categories, null)
  return roots.length === 1 ? childrenOf(categories, roots[0]!.id) : roots
}
