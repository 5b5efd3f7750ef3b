import { type Server, type ServerErrorResponse, type ServiceDefinition, status } from '@grpc/grpc-js';
import { messageOf } from '../base/errors.js';
import type { SendSnapshotResponse } from '../gen/raftctl/v1/transport.js';
import { connectMethod, sendSnapshotMethod } from './frame-codec.js';
import type { AcceptedCall } from './peer-stream.js';
import type { IncomingSnapshot } from './snapshot-receiver.js';
import { StatusError } from './status-error.js';

/** Who takes what comes in. */
export interface ConnectionHandler {
  onConnect(call: AcceptedCall): void;
  /** Resolves when the snapshot is staged; rejects with `StatusError` for a reason that the sender may know. */
  onSnapshot(call: IncomingSnapshot): Promise<void>;
}

const definition: ServiceDefinition = { connect: connectMethod, sendSnapshot: sendSnapshotMethod };

/** Registers `TransportService`. Whatever a handler throws becomes the status of its call. */
export function registerService(server: Server, handler: ConnectionHandler): void {
  server.addService(definition, {
    connect: (call: AcceptedCall) => {
      try {
        handler.onConnect(call);
      } catch (thrown) {
        call.emit('error', statusOf(thrown));
      }
    },
    sendSnapshot: (
      call: IncomingSnapshot,
      answer: (error: ServerErrorResponse | null, response?: SendSnapshotResponse) => void,
    ) => {
      handler.onSnapshot(call).then(
        () => answer(null, {}),
        (thrown: unknown) => answer(statusOf(thrown)),
      );
    },
  });
}

function statusOf(thrown: unknown): StatusError {
  return thrown instanceof StatusError ? thrown : new StatusError(status.INTERNAL, messageOf(thrown));
}
