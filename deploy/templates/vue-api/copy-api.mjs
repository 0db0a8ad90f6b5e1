// The server's part is deployed as it is, beside what Vite has built.
import { cpSync } from 'node:fs'

cpSync('api', 'dist/api', { recursive: true })
