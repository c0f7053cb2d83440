/** The scanner is the same for all that stands in a store. */

export { GAP_MS, LEAST, listen, Wedge } from '../../../../packages/ui/src/wedge.ts'
export type { Key } from '../../../../packages/ui/src/wedge.ts'
