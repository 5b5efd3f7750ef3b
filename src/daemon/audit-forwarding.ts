import { type ChannelCredentials, Metadata } from '@grpc/grpc-js';
import { type HistoryEvent, HistoryServiceClient } from '../gen/raftctl/v1/history.js';

/** How long the leader may take to write a record down, in milliseconds. */
const callMs = 5000;

/** Has the leader at `address` write an audit record down; resolves when it is applied there, and rejects where it is not known to be. */
export async function forwardAudit(
  address: string,
  event: HistoryEvent,
  credentials: ChannelCredentials,
): Promise<void> {
  const client = new HistoryServiceClient(address, credentials);
  try {
    await new Promise<void>((resolve, reject) => {
      const deadline = Date.now() + callMs;
      client.recordAudit({ event }, new Metadata(), { deadline }, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    client.close();
  }
}
