/** @file The type of arrays, for packages that give arrays and do not have their class. */

/**
 * A package with a class for arrays adds it here, as `array` for an element type such as `'float32'`: `@poniard/linalg` its
 * `NDArray`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: another package adds to it
// biome-ignore lint/correctness/noUnusedVariables: and uses the parameter
export interface ArrayTypes<D extends string> {}
