/** `npm start`: the handwritten digits, on a fresh clone too. Arguments go to the example. */
import { join } from 'node:path';
import { become } from './lib/command.mjs';
import { root } from './lib/workspace.mjs';
import { setup } from './setup.mjs';

await setup();
become(['--enable-source-maps', join(root, 'examples/digits/dist/main.js'), ...process.argv.slice(2)]);
