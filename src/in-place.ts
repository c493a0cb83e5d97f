export { hostInPlace } from './host/in-place.ts'
