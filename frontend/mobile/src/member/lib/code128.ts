/** Code 128, set C: an even number of digits as bars (ISO/IEC 15417). */

// Widths of bars and spaces in turn, of the values 0 to 102.
const WIDTHS =
  '212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211221132' +
  '221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113132311211313' +
  '231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111' +
  '314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111' +
  '111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141' +
  '114131311141411131'
const START_C = '211232'
const STOP = '2331112'

/** Return the widths of bars and spaces, a bar first, for digits of an even number. */
export function code128(digits: string): number[] {
  if (!/^(\d\d)+$/.test(digits)) throw new RangeError('set C needs pairs of digits')
  const values = digits.match(/\d\d/g)!.map(Number)
  const check = values.reduce((sum, value, place) => sum + value * (place + 1), 105) % 103
  const symbol = (value: number) => WIDTHS.slice(value * 6, value * 6 + 6)
  return [...`${START_C}${values.map(symbol).join('')}${symbol(check)}${STOP}`].map(Number)
}

/** Return the bars as a picture for `background-image`, stretched to whatever is there; quiet zones are inside. */
export function barsPicture(digits: string): string {
  const quiet = 10
  let x = quiet
  let path = ''
  code128(digits).forEach((width, place) => {
    if (place % 2 === 0) path += `M${x} 0h${width}v10h-${width}z`
    x += width
  })
  return `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${x + quiet} 10' preserveAspectRatio='none' shape-rendering='crispEdges'%3E%3Cpath d='${path}'/%3E%3C/svg%3E`
}
