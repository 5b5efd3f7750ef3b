import { ResponderBuilder, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** Clocks and timers may differ by so much, in milliseconds. */
const marginMs = 2;

/**
 * Sends no more messages of a stream once the deadline of its call is there. gRPC ends the stream itself then, and goes on to write what waits
 * in its buffers; a stream of HTTP/2 that is written to after its end is never closed: its caller waits for ever, and after as many of these as
 * a connection may have open it can be used no more.
 */
export const untilDeadline: ServerInterceptor = ({ responseStream }, call) => {
  const deadlineMs = Number(call.getDeadline());
  if (!responseStream || !Number.isFinite(deadlineMs)) return new ServerInterceptingCall(call);
  const responder = new ResponderBuilder()
    .withSendMessage((message, next) => {
      if (Date.now() < deadlineMs - marginMs) next(message);
    })
    .build();
  return new ServerInterceptingCall(call, responder);
};
