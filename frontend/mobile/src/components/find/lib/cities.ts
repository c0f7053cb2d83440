/** The short name of a city, as it stands on a button: 深圳 for 深圳市. */
export const cityName = (name: string): string => (name.length > 2 ? name.replace(/市$/, '') : name)
