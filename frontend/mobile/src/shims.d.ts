/// <reference types="vite/client" />
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
interface ImportMetaEnv {
  /** Where the API answers, for the mini-program; the H5 asks its own host. */
  readonly VITE_API_BASE?: string
}
