import { type Server, type ServerErrorResponse, type ServiceDefinition, status } from '@grpc/grpc-js';
import { messageOf, RaftctlError } from '../base/errors.js';
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

/** What was sent, or what there is no room for, is not a fault of this node. */
function statusOf(thrown: unknown): StatusError {
  if (thrown instanceof StatusError) return thrown;
  const code = thrown instanceof RaftctlError ? thrown.code : undefined;
  const reason = messageOf(thrown);
  if (code === 'E_CORRUPT') return new StatusError(status.INVALID_ARGUMENT, reason);
  if (code === 'E_CONFLICT') return new StatusError(status.ABORTED, reason);
  if (code === 'E_NO_SPACE' || code === 'E_OVERLOADED') return new StatusError(status.RESOURCE_EXHAUSTED, reason);
  return new StatusError(status.INTERNAL, reason);
}
