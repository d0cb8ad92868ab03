/** @file The command line cannot be understood. */

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Also what `parseArgs` throws for options that there are not. */
export function isUsageError(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    (error instanceof Error && /^ERR_PARSE_ARGS/.test((error as NodeJS.ErrnoException).code ?? ''))
  );
}
