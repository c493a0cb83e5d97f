import { serveAny } from './host/serve.ts'

serveAny()
