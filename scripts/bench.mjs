/** `npm run bench -- NAME`: set-up, then the bench. Arguments go to it. */
import { join } from 'node:path';
import { become } from './lib/command.mjs';
import { root } from './lib/workspace.mjs';
import { setup } from './setup.mjs';

await setup();
become([join(root, 'bench/dist/main.js'), ...process.argv.slice(2)]);
