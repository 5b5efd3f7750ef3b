import type { status } from '@grpc/grpc-js';

/** An error that ends a call with this gRPC status and text. */
export class StatusError extends Error {
  override readonly name = 'StatusError';

  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details);
  }
}
