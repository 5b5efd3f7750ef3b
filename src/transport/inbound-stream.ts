import { status } from '@grpc/grpc-js';
import { messageOf } from '../base/errors.js';
import type { PeerHello } from '../gen/raftctl/v1/transport.js';
import { admit } from './admission.js';
import type { Frame } from './frame-codec.js';
import type { LinkContext, PeerLink } from './peer-link.js';
import type { PeerStream } from './peer-stream.js';

/** Finds, or makes, the link of a peer whose hello was found good; undefined where the node is stopping. */
export type LinkOf = (hello: PeerHello) => PeerLink | undefined;

/** Brings a stream that somebody dialled as far as its link: waits for the hello, checks it, hands it over. */
export function receiveStream(stream: PeerStream, context: LinkContext, linkOf: LinkOf): void {
  const timer = setTimeout(
    () => stream.abort(status.DEADLINE_EXCEEDED, 'no hello came'),
    context.config.helloTimeoutMs,
  );
  stream.listen({
    onFrame: (frame) => {
      clearTimeout(timer);
      introduce(stream, frame, context, linkOf).catch((thrown) => stream.fail(status.INTERNAL, messageOf(thrown)));
    },
    onWritable: () => {},
    onClosed: () => clearTimeout(timer),
  });
}

async function introduce(stream: PeerStream, frame: Frame, context: LinkContext, linkOf: LinkOf): Promise<void> {
  if (frame.$case !== 'hello') {
    stream.fail(status.INVALID_ARGUMENT, 'the first frame is not a hello');
    return;
  }
  // What comes next waits until this node has made up its mind.
  stream.pause();
  const admission = await admit(frame.value, context.identity, context.events, { certificate: stream.certificate });
  if (admission.kind === 'refused') {
    context.quietLog.warn(`refused ${frame.value.from} ${admission.reason}`, 'peer refused', {
      peer: frame.value.from,
      reason: admission.reason,
    });
    stream.abort(admission.code, admission.reason, admission.incarnations?.hearer);
    return;
  }
  if (!stream.isOpen) return;
  const link = linkOf(frame.value);
  if (link === undefined) stream.abort(status.UNAVAILABLE, 'the node is stopping');
  else link.accept(stream, frame.value);
}
