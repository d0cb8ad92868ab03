import { expect, test } from 'vitest';
import { ValueTransferError } from '../errors.js';
import type { ValueCodec } from '../values/codec.js';
import { CodecBook } from './codec-book.js';

const reference = { tag: 'Row', module: 'test:rows', exportName: 'rowCodec' };
const rowCodec: ValueCodec = {
  ...reference,
  test: (value): value is unknown => value === 'row',
  encode: () => 1,
  decode: () => 'row',
};
const rows = async () => ({ rowCodec });

test('what stands in for a codec is not taken for it, and becomes it when it is loaded', async () => {
  const book = new CodecBook([], rows);
  const standIn = book.standIn(reference);
  book.note(standIn);
  expect([book.get('Row'), book.standIn(reference), book.reference('Row')]).toEqual([
    undefined,
    standIn,
    expect.objectContaining(reference),
  ]);
  expect(() => standIn.decode(1)).toThrow(ValueTransferError);
  expect(await book.learn(standIn)).toBe(rowCodec);
  expect([standIn.test('row'), standIn.encode('row'), standIn.decode(1)]).toEqual([true, 1, 'row']);
  expect(book.all()).toEqual([rowCodec]);
});

test('a module without the codec is an error that names both', async () => {
  const book = new CodecBook([], async () => ({}));
  await expect(book.learn(reference)).rejects.toThrow(/test:rows has no export rowCodec.*Row/);
});
