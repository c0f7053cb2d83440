import { createApp } from 'vue'
import '../../../packages/ui/src/styles.css'
import './styles.css'
import './returns.css'
import './advice.css'
import App from './App.vue'

// The field to begin with: a browser honours `autofocus` only once a page.
createApp(App).directive('first', {
  mounted: (field: HTMLElement, { value }) => { if (value !== false) field.focus() },
}).mount('#app')
