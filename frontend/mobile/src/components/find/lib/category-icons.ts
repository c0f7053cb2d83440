/** A picture for a category by what its code begins with; codes of a chain that are not here get a bag. */
const ICONS: ReadonlyArray<readonly [beginning: string, icon: string]> = [
  ['FRUIT', 'apple'], ['FRESH', 'apple'], ['VEG', 'carrot'], ['MEAT', 'beef'], ['FISH', 'fish'], ['DAIRY', 'milk'], ['MILK', 'milk'],
  ['SNACK', 'cookie'], ['STAPLE', 'wheat'], ['FOOD', 'wheat'], ['GRAIN', 'wheat'], ['DRINK', 'cup-soda'], ['TEA', 'coffee'], ['BAKE', 'croissant'],
  ['HOME', 'bed-double'], ['BED', 'bed-double'], ['BABY', 'baby'], ['BB', 'baby'], ['BEAUTY', 'sparkles'], ['CARE', 'droplets'], ['BT', 'sparkles'],
  ['EYE', 'glasses'], ['APP', 'shirt'], ['WEAR', 'shirt'], ['CLEAN', 'spray-can'], ['DAILY', 'spray-can'], ['GIFT', 'gift'],
]

export function iconOf(code: string): string {
  return ICONS.find(([beginning]) => code.toUpperCase().startsWith(beginning))?.[1] ?? 'shopping-bag'
}
