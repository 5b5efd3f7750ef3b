import { type ServerReadableStream, status } from '@grpc/grpc-js';
import { messageOf } from '../base/errors.js';
import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import type { PeerHello, SendSnapshotResponse, SnapshotHeader } from '../gen/raftctl/v1/transport.js';
import type { PeerIdentity, SnapshotSink, TransportEvents } from '../node/ports.js';
import { admit } from './admission.js';
import type { Decoded, SnapshotPart } from './frame-codec.js';
import { type ShownCertificate, shownCertificate } from './shown-certificate.js';
import { StatusError } from './status-error.js';
import type { TransportConfig } from './transport-config.js';

/** The receiving end of a snapshot call. */
export type IncomingSnapshot = ServerReadableStream<Decoded<SnapshotPart>, SendSnapshotResponse>;

/** What a receiver needs of the world. */
export interface ReceiverContext {
  readonly identity: PeerIdentity;
  readonly events: TransportEvents;
  readonly config: TransportConfig;
  /** Whether peers must show a certificate of a node. */
  readonly secured: boolean;
}

interface AcceptedHeader {
  readonly hello: PeerHello;
  readonly message: Message;
  /** Length of the file. */
  readonly bytes: number;
}

/** Takes snapshot files from peers, one at a time from each. */
export class SnapshotReceiver {
  private readonly senders = new Set<number>();
  private readonly calls = new Set<IncomingSnapshot>();

  constructor(private readonly context: ReceiverContext) {}

  /**
   * Reads one call to its end: header, file, staging. Resolves when the file is staged and the node knows it.
   * @throws StatusError, or whatever the sink threw; the sink is aborted then
   */
  async receive(call: IncomingSnapshot): Promise<void> {
    // A sender that falls silent must not hold the one place of its node for ever.
    const silent = new StatusError(status.DEADLINE_EXCEEDED, 'no chunk came');
    const timer = setTimeout(() => call.destroy(silent), this.context.config.snapshotIdleMs);
    this.calls.add(call);
    try {
      const parts = readParts(call, timer);
      const first = await parts.next();
      if (first.done === true || first.value.$case !== 'header') {
        throw new StatusError(status.INVALID_ARGUMENT, 'the first part is not a header');
      }
      timer.refresh();
      const certificate = shownCertificate(call, this.context.secured);
      await this.receiveFrom(await this.checkHeader(first.value.value, certificate), parts, timer);
    } finally {
      clearTimeout(timer);
      this.calls.delete(call);
    }
  }

  /** Gives up what is being received. */
  close(): void {
    for (const call of this.calls) call.destroy(new StatusError(status.UNAVAILABLE, 'the node is stopping'));
  }

  private async checkHeader(
    header: SnapshotHeader,
    certificate: ShownCertificate | undefined,
  ): Promise<AcceptedHeader> {
    const { identity, events } = this.context;
    const { hello, message, bytes } = header;
    if (hello === undefined || message === undefined) {
      throw new StatusError(status.INVALID_ARGUMENT, 'the header lacks its hello or its message');
    }
    const admission = await admit(hello, identity, events, { certificate });
    if (admission.kind === 'refused') throw new StatusError(admission.code, admission.reason);
    const fits =
      message.msgType === MessageType.SNAPSHOT &&
      message.from === hello.from &&
      message.to === identity.nodeId &&
      message.snapshot?.metadata !== undefined;
    if (!fits)
      throw new StatusError(status.INVALID_ARGUMENT, 'the message is no snapshot from the speaker to this node');
    return { hello, message, bytes };
  }

  private async receiveFrom(
    header: AcceptedHeader,
    parts: AsyncGenerator<SnapshotPart>,
    timer: NodeJS.Timeout,
  ): Promise<void> {
    const { hello, message, bytes } = header;
    const { events } = this.context;
    if (this.senders.has(hello.from)) {
      throw new StatusError(status.RESOURCE_EXHAUSTED, `node ${hello.from} is sending a snapshot already`);
    }
    this.senders.add(hello.from);
    try {
      const sink = await offer(() => events.onSnapshotOffered(message));
      try {
        await fill(sink, parts, bytes);
        clearTimeout(timer);
        await sink.finish();
      } catch (thrown) {
        // What went wrong first says more than what goes wrong in tidying up.
        await sink.abort().catch(() => {});
        throw thrown;
      }
      events.onSnapshotReceived(message);
    } finally {
      this.senders.delete(hello.from);
    }
  }
}

/** Parts as they come; each restarts the timer. */
async function* readParts(call: IncomingSnapshot, timer: NodeJS.Timeout): AsyncGenerator<SnapshotPart> {
  for await (const part of call as AsyncIterable<Decoded<SnapshotPart>>) {
    if (!part.ok) throw new StatusError(status.INVALID_ARGUMENT, `a part cannot be read: ${part.reason}`);
    timer.refresh();
    yield part.value;
  }
}

/** An offer that the node turns down is a refusal, not a failure. */
async function offer(ask: () => Promise<SnapshotSink>): Promise<SnapshotSink> {
  try {
    return await ask();
  } catch (thrown) {
    throw new StatusError(status.FAILED_PRECONDITION, messageOf(thrown));
  }
}

/** Writes the chunks that follow to the sink; they must be just the bytes that were announced. */
async function fill(sink: SnapshotSink, parts: AsyncGenerator<SnapshotPart>, bytes: number): Promise<void> {
  let received = 0;
  for await (const part of parts) {
    if (part.$case !== 'chunk') throw new StatusError(status.INVALID_ARGUMENT, 'a second header');
    received += part.value.length;
    if (received > bytes) {
      throw new StatusError(status.INVALID_ARGUMENT, `more than the ${bytes} bytes that were announced`);
    }
    await sink.write(part.value);
  }
  if (received < bytes)
    throw new StatusError(status.INVALID_ARGUMENT, `${received} bytes came, ${bytes} were announced`);
}
