/** Mobile numbers of China's mainland as people type them. */

/** Return the eleven digits of what was typed or pasted, `null` when it is no such number. */
export function mobileOf(text: string): string | null {
  const digits = text.replace(/[\s()\-‐-―.]/g, '').replace(/^(\+86|0086|86(?=1\d{10}$))/, '')
  return /^1[3-9]\d{9}$/.test(digits) ? digits : null
}

/** 138 0013 8000 while it is typed; what is more than eleven digits stays away. */
export function spaced(text: string): string {
  const digits = text.replace(/\D/g, '').replace(/^86(?=1\d{10})/, '').slice(0, 11)
  return [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7)].filter((part) => part !== '').join(' ')
}

export const masked = (digits: string): string => `${digits.slice(0, 3)} **** ${digits.slice(7)}`
