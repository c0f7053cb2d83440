/** A picture of where the stores are: points of a rectangle of the map, in its own square degrees. No tiles, no provider. */
import type { StoreOut } from '@core/api/mall'

export interface Spot {
  readonly store: StoreOut
  /** Per cent from the left and from the top. */
  readonly x: number
  readonly y: number
}

const MARGIN = 10

/**
 * Return stores as spots in a picture of the given width to height ratio, with `here` (if known) always inside.
 * Degrees of longitude are shortened by the cosine of the latitude, so that distances look alike in both directions.
 */
export function spots(stores: readonly StoreOut[], here: { longitude: number; latitude: number } | null, ratio: number): { spots: Spot[]; here: { x: number; y: number } | null } {
  const points = [...stores.map(({ longitude, latitude }) => ({ longitude, latitude })), ...(here === null ? [] : [here])]
  if (points.length === 0) return { spots: [], here: null }
  const middle = (Math.min(...points.map((one) => one.latitude)) + Math.max(...points.map((one) => one.latitude))) / 2
  const shrink = Math.cos((middle * Math.PI) / 180)
  const xs = points.map((one) => one.longitude * shrink)
  const ys = points.map((one) => -one.latitude)
  const [left, top] = [Math.min(...xs), Math.min(...ys)]
  const [wide, high] = [Math.max(...xs) - left, Math.max(...ys) - top]
  const scale = Math.max(wide / ratio, high) || 1
  const place = (x: number, y: number) => ({
    x: MARGIN + (100 - 2 * MARGIN) * ((x - left + (scale * ratio - wide) / 2) / (scale * ratio)),
    y: MARGIN + (100 - 2 * MARGIN) * ((y - top + (scale - high) / 2) / scale),
  })
  return {
    spots: stores.map((store, index) => ({ store, ...place(xs[index]!, ys[index]!) })),
    here: here === null ? null : place(xs[xs.length - 1]!, ys[ys.length - 1]!),
  }
}
