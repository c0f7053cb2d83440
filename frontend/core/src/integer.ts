/** Exact integer arithmetic: what Python's `int` does by itself, and a `number` does only up to 2**53. */

/** Return the number, or throw `RangeError` when it is no integer that a `number` holds exactly. */
export function exact(value: number, name: string): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${name} is not an exact integer: ${value}`)
  return value
}

/** Return `[quotient, remainder]` of `left * right / divisor`, rounded down; none is negative, the divisor is not 0. */
export function timesOver(left: number, right: number, divisor: number): [number, number] {
  const product = left * right
  if (product <= Number.MAX_SAFE_INTEGER) {
    const remainder = product % divisor
    return [(product - remainder) / divisor, remainder]
  }
  // Only amounts of hundreds of thousands of yuan come here; BigInt is slower, and older phones lack it.
  const whole = BigInt(left) * BigInt(right)
  const by = BigInt(divisor)
  return [exact(Number(whole / by), 'the quotient'), Number(whole % by)]
}

/** Return `left * right / divisor` rounded down; none is negative, the divisor is not 0. */
export function floorOver(left: number, right: number, divisor: number): number {
  return timesOver(left, right, divisor)[0]
}

/** Return the sum, 0 of nothing. */
export function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
