import { createApp } from 'vue'
import '../../../packages/ui/src/styles.css'
import './styles.css'
import './returns.css'
import './advice.css'
import './display/display.css'

// The customer's display is a window of its own, and none of the till's deeds are loaded into it.
const isDisplay = /\/display\/?$/.test(location.pathname)
const { default: root } = isDisplay ? await import('./display/DisplayApp.vue') : await import('./App.vue')

// The field to begin with: a browser honours `autofocus` only once a page.
createApp(root).directive('first', {
  mounted: (field: HTMLElement, { value }) => { if (value !== false) field.focus() },
}).mount('#app')
