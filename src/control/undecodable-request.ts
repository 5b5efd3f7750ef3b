import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { messageOf, RaftctlError } from '../base/errors.js';
import { decodeStrictly } from './strict-text.js';

/** Stands in for a request whose bytes are not the message that the method takes. */
export class UndecodableRequest {
  constructor(private readonly reason: string) {}

  /** What the caller is told. */
  refusal(): RaftctlError {
    return new RaftctlError('E_USAGE', `the request cannot be decoded: ${this.reason}`);
  }
}

/**
 * The same service, but bytes that cannot be decoded reach the handler as an `UndecodableRequest`. Left alone, grpc-js answers
 * INTERNAL, as if the fault were the server's, and drops the reason.
 */
export function decodingToHandler(service: ServiceDefinition): ServiceDefinition<UntypedServiceImplementation> {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): unknown => {
        try {
          return decodeStrictly(() => method.requestDeserialize(bytes));
        } catch (error) {
          return new UndecodableRequest(messageOf(error));
        }
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
}
