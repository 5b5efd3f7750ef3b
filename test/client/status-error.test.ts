import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { fromStatus } from '../../src/client/status-error.js';

test('a node that hangs up on a secured connection may not take the certificate that it was shown, and is said to', () => {
  // What the library says of a client whose certificate has expired, or is of a stranger: with TLS 1.3 it is connected before it is judged.
  const details = 'No connection established. Last error: null. Resolution note: ';
  const error: ServiceError = Object.assign(new Error(details), {
    code: status.UNAVAILABLE,
    details,
    metadata: new Metadata(),
  });
  const call = { address: '127.0.0.1:7401', path: '/raftctl.v1.KvService/Get', secured: true };
  expect(fromStatus(error, call)).toMatchObject({
    code: 'E_CONN_REFUSED',
    message: '127.0.0.1:7401 closed the connection at once',
    hint: 'the log of the node says why: it may not take the certificate of --cert',
    retryable: true,
  });
});
