/** @file Waiting in tests, without time. */

/** The error that a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}

/** Lets what was set going by microtasks happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await undefined;
}
