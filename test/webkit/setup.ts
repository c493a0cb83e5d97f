import { provideBrowser } from '../browser/setup.ts'
import type { Setup } from '../browser/setup.ts'

const setup: Setup = provideBrowser('webkit')
export default setup
