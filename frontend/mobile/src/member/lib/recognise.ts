/** A pasted address taken apart, as people copy it from a chat: who, which phone, which area, which street. */

export interface Area {
  readonly code: string
  readonly name: string
  readonly level: number
}

export interface Recognised {
  readonly name: string
  readonly phone: string
  readonly areas: readonly Area[]
  readonly text: string
}

const PHONE = /(?:\+?86[-\s]?)?(1[3-9]\d)[-\s]?(\d{4})[-\s]?(\d{4})(?!\d)/
const LABELS = /(收货人|收件人|联系人|姓名|联系电话|手机号码|手机号|手机|电话|所在地区|所在区域|地区|详细地址|收货地址|收件地址|地址|邮编|name|phone|mobile|address)\s*[::]/gi
const PLACE = /[省市区县镇乡村路街道巷弄号楼栋幢室层座苑]$|单元|大厦|小区|花园|广场|大学|\d/
const HERE = '\u0001'
const TITLES = /(先生|女士|小姐|同学|老师)$/

/** Return what a text says of the person, and the rest that is the place. */
export function person(given: string): { name: string; phone: string; place: string } {
  const found = PHONE.exec(given)
  const phone = found === null ? '' : `${found[1]}${found[2]}${found[3]}`
  const plain = (found === null ? given : given.replace(found[0], ` ${HERE} `))
    .replace(LABELS, ' ; ')
    .replace(/\b\d{6}\b(?!\d*[号室])/g, ' ; ')
  const parts = plain.split(/[\s,,;;、。|//\n\r\t]+/).filter((part) => part !== '')
  // 北京 朝阳区 … 张三 138…: of several short words the one beside the phone is the name.
  const at = parts.indexOf(HERE)
  const name = parts.filter(looksLikeName).sort((one, other) => Math.abs(parts.indexOf(one) - at) - Math.abs(parts.indexOf(other) - at))[0] ?? ''
  return { name, phone, place: parts.filter((part) => part !== name && part !== HERE).join('') }
}

function looksLikeName(part: string): boolean {
  const bare = part.replace(TITLES, '')
  if (/^[一-鿿·]{2,5}$/.test(bare)) return !PLACE.test(bare)
  return /^[A-Za-z][A-Za-z.]{1,19}$/.test(part)
}

const ENDINGS = /(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|地区|省|市|盟|区|县|旗)$/

/** Return the area that a place begins with and what is left; whole names before short ones, long before less long. */
export function areaAt(place: string, areas: readonly Area[]): { area: Area; rest: string } | null {
  const names = areas
    .flatMap((area) => {
      const short = area.name.replace(ENDINGS, '')
      return short.length >= 2 && short !== area.name ? [{ area, name: area.name }, { area, name: short }] : [{ area, name: area.name }]
    })
    .sort((one, other) => other.name.length - one.name.length)
  const found = names.find(({ name }) => place.startsWith(name))
  return found === undefined ? null : { area: found.area, rest: place.slice(found.name.length) }
}

/** `市辖区` under a city of its own right says nothing to anybody: those below it stand in its place. */
export const isHollow = (area: Area): boolean => area.name === '市辖区' || area.name === '县' || area.name.endsWith('直辖县级行政区划')

export type AskAreas = (parent: string | null) => Promise<readonly Area[]>

/** Walk down the areas that a place names. `near`: where to look first when it begins with a city or a district. */
export async function recognise(given: string, ask: AskAreas, near: string | null = null): Promise<Recognised> {
  const { name, phone, place } = person(given)
  const provinces = await ask(null)
  const start = areaAt(place, provinces)
  const found = start === null ? await withoutProvince(place, provinces, ask, near) : await downFrom([start.area], start.rest, ask)
  return { name, phone, areas: found?.areas ?? [], text: found?.rest ?? place }
}

type Walk = { areas: Area[]; rest: string }

async function downFrom(path: Area[], rest: string, ask: AskAreas): Promise<Walk> {
  const last = path[path.length - 1]!
  if (last.level >= 3) return { areas: path, rest }
  const below = await ask(last.code)
  // 北京市北京市朝阳区: the city's name is said twice.
  const again = areaAt(rest, [last])
  const tail = again !== null && /^(市|.{2,}市)/.test(rest) ? again.rest : rest
  const next = areaAt(tail, below.filter((area) => !isHollow(area)))
  if (next !== null) return downFrom([...path, next.area], next.rest, ask)
  for (const hollow of below.filter(isHollow)) {
    const deeper = areaAt(tail, (await ask(hollow.code)).filter((area) => !isHollow(area)))
    if (deeper !== null) return { areas: [...path, hollow, deeper.area], rest: deeper.rest }
  }
  return { areas: path, rest: tail }
}

async function withoutProvince(place: string, provinces: readonly Area[], ask: AskAreas, near: string | null): Promise<Walk | null> {
  const home = provinces.filter((area) => near !== null && area.code.slice(0, 2) === near.slice(0, 2))
  for (const province of [...home, ...provinces.filter((area) => !home.includes(area))]) {
    const city = areaAt(place, (await ask(province.code)).filter((area) => !isHollow(area)))
    if (city !== null) return downFrom([province, city.area], city.rest, ask)
  }
  return null
}
