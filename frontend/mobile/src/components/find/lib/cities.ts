/** The city in a full area name such as 广东省深圳市南山区; a municipality (北京市朝阳区) is its own city. */
export function cityOf(areaName: string): string {
  const match = /^(?:.*?(?:省|自治区|特别行政区))?(.*?(?:市|自治州|地区|盟))/.exec(areaName)
  return (match?.[1] ?? areaName).replace(/市$/, '')
}
