/**
 * A satellite position (WGS-84) on Chinese maps (GCJ-02), which is what the server stores. The same as
 * src/quanyu/modules/organization/rules/coordinates.py, where the source is named.
 */

export interface Point {
  readonly longitude: number
  readonly latitude: number
}

const SEMI_MAJOR_AXIS_M = 6_378_245
const ECCENTRICITY_SQUARED = 0.006693421622965943

/** Tell whether a point lies in the box around China; outside of it nothing is shifted. */
export function isInChina({ longitude, latitude }: Point): boolean {
  return longitude >= 73 && longitude <= 136 && latitude >= 3 && latitude <= 54
}

/** Shift a satellite position onto Chinese maps; points outside of China stay. Degrees. */
export function wgs84ToGcj02(point: Point): Point {
  if (!isInChina(point)) return point
  const shift = shiftAt(point)
  return { longitude: point.longitude + shift.longitude, latitude: point.latitude + shift.latitude }
}

function shiftAt({ longitude, latitude }: Point): Point {
  const x = longitude - 105
  const y = latitude - 35
  const root = Math.sqrt(Math.abs(x))
  const common = ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common +
    waves(y, [20, 1], [40, 1 / 3]) + waves(y, [160, 1 / 12], [320, 1 / 30])
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common +
    waves(x, [20, 1], [40, 1 / 3]) + waves(x, [150, 1 / 12], [300, 1 / 30])
  const phi = (latitude * Math.PI) / 180
  const flattening = 1 - ECCENTRICITY_SQUARED * Math.sin(phi) ** 2
  const meridian = (SEMI_MAJOR_AXIS_M * (1 - ECCENTRICITY_SQUARED)) / (flattening * Math.sqrt(flattening))
  const parallel = (SEMI_MAJOR_AXIS_M / Math.sqrt(flattening)) * Math.cos(phi)
  return { longitude: degrees(east / parallel), latitude: degrees(north / meridian) }
}

function waves(value: number, ...all: ReadonlyArray<readonly [height: number, pace: number]>): number {
  return (all.reduce((sum, [height, pace]) => sum + height * Math.sin(value * pace * Math.PI), 0) * 2) / 3
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI
}
