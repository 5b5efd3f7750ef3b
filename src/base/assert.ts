/** Thrown when the program is wrong, not its input: the node stops rather than go on from a state nobody thought of. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Holds the program to a condition that its author knows to be true. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For the branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
