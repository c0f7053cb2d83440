/** Controls of what runs at the counter. */

export { default as QDialog } from './QDialog.vue'
export { default as QIcon } from './QIcon.vue'
export { default as QPad } from './QPad.vue'
export { ICONS } from './icons.ts'
export type { IconName } from './icons.ts'
export { listen, Wedge } from './wedge.ts'
export type { Key } from './wedge.ts'
