/**
 * `npm start` at the root and in each example: makes a fresh clone ready, with a GPU in software where one is asked for, and
 * runs the example whose folder is the first argument. The other arguments go to it.
 */
import { join } from 'node:path';
import { become } from './lib/command.mjs';
import { root } from './lib/workspace.mjs';
import { setup } from './setup.mjs';
import { softwareGpu, wantsSoftware } from './software-gpu.mjs';

const [example, ...args] = process.argv.slice(2);
await setup();
if (wantsSoftware(args)) softwareGpu();
become(['--enable-source-maps', join(root, 'examples', example, 'dist/main.js'), ...args]);
