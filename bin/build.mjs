// `npm run build`: compiles the sources into dist/, whether or not it seems to be up to date.
import { build } from './dist.mjs'

if (!(await build({ checkTypes: true }))) process.exitCode = 1
