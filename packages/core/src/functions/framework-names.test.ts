import { expect, it } from 'vitest';
import * as core from '../index.js';
import { frameworkNames } from './framework-names.js';

it('F2. what is bound without being asked for exists', () => {
  expect([...frameworkNames].filter((name) => !(name in core))).toEqual([]);
});
