import { expect, test } from 'vitest';
import { shaderError } from './errors.js';

test('a shader error shows the line with its neighbours and points at the column', () => {
  const source = 'one\ntwo\nthree\nfour\nfive\nsix';
  const error = shaderError('blur', source, [
    { message: 'it is wrong', line: 4, column: 3 },
    { message: 'and so is this', line: 6, column: 1 },
  ]);
  expect(error.message).toBe(
    [
      'blur, line 4, column 3: it is wrong',
      '  2 | two',
      '  3 | three',
      '> 4 | four',
      '    |   ^',
      '  5 | five',
      '  6 | six',
      '… and 1 more',
    ].join('\n'),
  );
  expect(error).toMatchObject({ name: 'ShaderError', line: 4, column: 3 });
});

test('a shader error without a place is the message alone', () => {
  expect(shaderError('blur', 'one', [{ message: 'no', line: 0, column: 0 }]).message).toBe('blur: no');
  expect(shaderError('blur', 'one', []).message).toBe('blur does not compile');
});
