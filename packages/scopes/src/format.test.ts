import { describe, expect, it } from 'vitest';
import {
  anyScope,
  constrain,
  defaultScope,
  exactScope,
  nodeScope,
  processScope,
  taintScope,
} from './algebra.js';
import { scope } from './build.js';
import { formatScope, whyExcluded } from './format.js';

describe('formatScope', () => {
  it('reads as English', () => {
    const scopes = [
      anyScope,
      defaultScope,
      nodeScope('attic'),
      processScope('w1'),
      taintScope(nodeScope('attic'), 'default-enabled'),
      scope({ threads: 'all' }),
      scope({ worker: 'w1' }),
      scope({ thread: 0 }),
      exactScope({ id: 'gpu:0', kind: 'webgpu', defaultEnabled: false, process: 'w1', node: 'attic' }),
      scope({ threads: [0, 1, 2] }),
      scope({ threads: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }),
      scope([{ gpu: 0 }, 'default']),
      constrain(scope({ threads: [0, 1] }), scope({ gpu: 0 })),
    ];
    expect(scopes.map(formatScope).join('\n')).toMatchInlineSnapshot(`
      "any processor
      any processor that is enabled by default
      any processor on node "attic"
      any processor of process "w1"
      any processor on node "attic" that is enabled by default
      any thread processor
      any thread processor of process "w1"
      cpu:0
      gpu:0 of process "w1" on node "attic"
      cpu:0 or cpu:1 or cpu:2
      cpu:0 or cpu:1 or cpu:2 or cpu:3 or cpu:4 or cpu:5 or cpu:6 or cpu:7 or 2 more
      any processor that is enabled by default or gpu:0
      no processor (nothing is both in [cpu:0 or cpu:1] and in [gpu:0])"
    `);
  });
});

describe('whyExcluded', () => {
  const gpu = { id: 'gpu:0', kind: 'webgpu', defaultEnabled: false };

  it('says nothing of a processor that the scope admits', () => {
    expect(whyExcluded(anyScope, gpu)).toBeUndefined();
  });

  it('tells to name a processor that is not enabled by default', () => {
    expect(whyExcluded(defaultScope, gpu)).toMatchInlineSnapshot(
      `"is not enabled by default: name it in the scope"`,
    );
  });

  it('names the scope otherwise, also an invalid one', () => {
    expect(whyExcluded(scope({ thread: 0 }), gpu)).toMatchInlineSnapshot(`"is not in the scope: cpu:0"`);
    expect(whyExcluded(constrain(scope({ thread: 0 }), scope({ thread: 1 })), gpu)).toMatchInlineSnapshot(
      `"is not in the scope: no processor (nothing is both in [cpu:0] and in [cpu:1])"`,
    );
  });
});
