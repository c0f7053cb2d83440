import { createApp } from 'vue'
import '../../../packages/ui/src/styles.css'
import './styles.css'
import App from './App.vue'

createApp(App).mount('#app')
