/** @file Where a walk is inside a value, and its complaints, which name the place. */
import { PoniardError, ValueTransferError } from '../errors.js';
import { formatPath, type Refusal } from './refusal.js';

export class Trail {
  /** Alternating steps and keys from the root to here; put in words only for an error. */
  readonly path: unknown[] = [];
  /** What was raised here, as opposed to what a getter of the value threw. */
  private raised: unknown;

  constructor(
    private readonly label: string | (() => string),
    private readonly isResult = false,
  ) {}

  refuse({ what, why }: Refusal): never {
    return this.raise(new ValueTransferError(`${this.subject(what)}; ${why}`));
  }

  refuseHandle(noun: string): never {
    const subject = this.subject(`${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`);
    if (this.isResult)
      return this.raise(
        new ValueTransferError(
          `${subject}, which means nothing outside the task. Return what await fetchAll(…) gives for it; a Task may be returned by itself.`,
        ),
      );
    return this.raise(
      new TypeError(
        noun === 'Thunk'
          ? `${subject}, a lazy node that nothing runs here. Pass what await collect(node) gives; to a lazy call, pass the node as an argument of its own.`
          : `${subject}, where nothing waits for it. Pass it as an argument of its own, ` +
              'or await fetchAll(structure) and pass what that gives.',
      ),
    );
  }

  refuseDepth(levels: number): never {
    const why = 'pass a flatter structure, such as an array instead of a linked list.';
    return this.raise(
      new ValueTransferError(`${this.name()} is nested more than ${levels} levels deep; ${why}`),
    );
  }

  /** Refusals pass; what a getter, a proxy or a codec threw is put in words, with the place. */
  explain(error: unknown): unknown {
    if (error === this.raised || error instanceof PoniardError) return error;
    const place = formatPath(this.path);
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${this.name()} could not be read${place && ` at ${place}`}: ${reason}`;
    return new ValueTransferError(message, { cause: error });
  }

  private raise(error: Error): never {
    this.raised = error;
    throw error;
  }

  private subject(what: string): string {
    const place = formatPath(this.path);
    return place === '' ? `${this.name()} is ${what}` : `${this.name()} has ${what} at ${place}`;
  }

  private name(): string {
    return typeof this.label === 'string' ? this.label : this.label();
  }
}
