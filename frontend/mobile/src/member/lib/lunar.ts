/**
 * The Chinese calendar, 1900 to 2100: how a day of birth is called in it. The phone cannot be trusted to know it (the
 * mini-program's engine on some systems has no `Intl`), so the table of its months stands here.
 */

/** Five hexadecimal digits a year: bit 0-11 the months with 30 days, bit 12 the leap month has 30, from bit 13 on which month it follows. */
const YEARS =
  '10bd20075200ea50ab2a0064b00a9b09aa60056a00b5904baa007520cda500b2500a4b0ba4b002ad0056b045b500da90fe9200e9200d250ad2d00a56002b6' +
  '09ad5006d400ea904f4a00e920c6a60052b00a570b95600b5a006d407761007490fb1300a930052b0d51b00aad0056a09da500ba400b4904d4b00a950eaad' +
  '0053600aad0baca005b200da507ea200d4a1059500a97005560c57500ad5006d20875500ea50064a0664f00a9b0eada0056a00b690abb200b5200b2508b2b' +
  '00a4b10aab002ad0056d0d5a900da900d9208e9500d2514e4d00a56002b60c2f5006d500ea90af5200e9200d260652e00a5710ad60035a006d50ab6900749' +
  '0069308a9b0052b00a5b04aae0056a0edd500ba400b490ad5300a950052d0855d00ab512baa005d200da50de8a00d4a00c9508a9e0055600ab504ada006d2' +
  '0c765007250064b0a65700cab0055a0656e00b6916f5200b5200b250dd0b00a4b004ab0a2bb005ad00b6a04daa00d920eea500d2500a550ba4d004b6005b5' +
  '076d200ec910f9200e9200d260d51600a57004d60936500755007490674b006930eaab0052b00a5b0aaba0056a00b6508baa00b4a10d9500a950052d0c56d' +
  '00ab5005aa085d500da500d4a06e4d00c960ecce0055600ab50bad2006d200ea50872a0068b10697004ab0055b0d55600b6a0075208b9500b4500a8b04a4f' +
  '004ab'
const FIRST_YEAR = 1900
const FIRST_DAY = Date.UTC(1900, 0, 31)
const DAY_MS = 86_400_000

export interface LunarDay {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly isLeap: boolean
}

interface Month {
  readonly month: number
  readonly isLeap: boolean
  readonly days: number
}

function monthsOf(year: number): Month[] {
  const at = (year - FIRST_YEAR) * 5
  const bits = parseInt(YEARS.slice(at, at + 5), 16)
  const leap = bits >> 13
  const months: Month[] = []
  for (let month = 1; month <= 12; month++) {
    months.push({ month, isLeap: false, days: (bits >> (month - 1)) & 1 ? 30 : 29 })
    if (month === leap) months.push({ month, isLeap: true, days: (bits >> 12) & 1 ? 30 : 29 })
  }
  return months
}

/** Return the day of the Chinese calendar for a date `2000-02-05`, or `null` outside of 1900-01-31 to 2100. */
export function lunarOf(date: string): LunarDay | null {
  const given = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)
  if (given === null) return null
  let left = Math.round((Date.UTC(Number(given[1]), Number(given[2]) - 1, Number(given[3])) - FIRST_DAY) / DAY_MS)
  if (left < 0) return null
  for (let year = FIRST_YEAR; year < FIRST_YEAR + YEARS.length / 5; year++) {
    for (const { month, isLeap, days } of monthsOf(year)) {
      if (left < days) return { year, month, day: left + 1, isLeap }
      left -= days
    }
  }
  return null
}

const MONTHS = ['正', '二', '三', '四', '五', '六', '七', '八', '九', '十', '冬', '腊']
const DIGITS = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十']

/** 闰四月初八, as the calendar on the wall says it. */
export function lunarName({ month, day, isLeap }: LunarDay): string {
  const tens = ['初', '十', '廿', '三']
  const spoken = day === 20 ? '二十' : day === 30 ? '三十' : `${tens[Math.floor((day - 1) / 10)]}${DIGITS[(day - 1) % 10]}`
  return `${isLeap ? '闰' : ''}${MONTHS[month - 1]}月${spoken}`
}
