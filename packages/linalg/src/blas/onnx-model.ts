/**
 * @file An ONNX model of a single product, as bytes. It is so small that writing it takes less than a dependency
 * on a protobuf library would: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the field numbers.
 */

/** ONNX's numbers for element types. */
const ELEMENT = { float32: 1, float64: 11 } as const;
const ATTRIBUTE_INT = 2;
const IR_VERSION = 8;
const OPSET = 13;

/** `c = Gemm(a, b)`, where the stored a or b may be transposed. All extents are open. */
export function gemmModel(dtype: 'float32' | 'float64', transA: boolean, transB: boolean): Uint8Array {
  const node = [
    ...text(1, 'a'),
    ...text(1, 'b'),
    ...text(2, 'c'),
    ...text(4, 'Gemm'),
    ...message(5, flag('transA', transA)),
    ...message(5, flag('transB', transB)),
  ];
  const graph = [
    ...message(1, node),
    ...text(2, 'product'),
    ...message(11, tensor('a', dtype, transA ? ['k', 'm'] : ['m', 'k'])),
    ...message(11, tensor('b', dtype, transB ? ['n', 'k'] : ['k', 'n'])),
    ...message(12, tensor('c', dtype, ['m', 'n'])),
  ];
  const opset = [...text(1, ''), ...integer(2, OPSET)];
  return Uint8Array.from([...integer(1, IR_VERSION), ...message(7, graph), ...message(8, opset)]);
}

/** AttributeProto: name 1, i 3, type 20. */
function flag(name: string, value: boolean): number[] {
  return [...text(1, name), ...integer(3, value ? 1 : 0), ...integer(20, ATTRIBUTE_INT)];
}

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_param 2 } } } }. */
function tensor(name: string, dtype: 'float32' | 'float64', extents: readonly string[]): number[] {
  const shape = extents.flatMap((extent) => message(1, text(2, extent)));
  return [...text(1, name), ...message(2, message(1, [...integer(1, ELEMENT[dtype]), ...message(2, shape)]))];
}

function integer(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, bytes: readonly number[]): number[] {
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}
