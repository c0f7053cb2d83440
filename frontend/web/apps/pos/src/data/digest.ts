/** The one form of a sale and its SHA-256: the same as src/quanyu/modules/pos/rules/till_sales.py. */

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

/** Return JSON with sorted keys and without spaces. */
export function canonical(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonical(each as Plain)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const named = value as { readonly [key: string]: Plain }
    return `{${Object.keys(named).sort().map((key) => `${JSON.stringify(key)}:${canonical(named[key]!)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** Return the SHA-256 of the canonical form, in hexadecimal. */
export async function digest(value: Plain): Promise<string> {
  const found = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical(value)))
  return [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
