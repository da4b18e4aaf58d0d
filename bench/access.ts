/** What deciding and listing cost in a large organization, alone: `npm run bench:access`. `npm run bench` prints it as well. */
import { measureAccess } from './measure/measure-access.ts'

await measureAccess()
