/** Texts as the server reads them: its idea of white space and of digits, not the browser's. */

// Python's `str.strip()`: takes the separators of scanners (U+001C to U+001F) too, and leaves U+FEFF.
const SPACE = '[\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const AROUND = new RegExp(`^${SPACE}|${SPACE}$`, 'g')
const FULL_WIDTH_ZERO = 0xff10

/** Return the text without white space around it. */
export function strip(text: string): string {
  return text.replace(AROUND, '')
}

/** Tell whether the text is made of the digits 0-9 alone. */
export function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text)
}

/** Return the text with the full-width digits of a Chinese keyboard turned into 0-9. */
export function halfWidthDigits(text: string): string {
  return text.replace(/[\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) - FULL_WIDTH_ZERO))
}
