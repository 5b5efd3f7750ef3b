import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { withLinkedDescriptors } from './linked-descriptors.js';

const protoFiles = [
  'auth',
  'cluster',
  'errors',
  'history',
  'kv',
  'leader',
  'log',
  'member',
  'node',
  'proposal',
  'register',
  'snapshot',
];

/** Offers gRPC reflection of the control plane, from the proto files that come with the package. */
export function addReflection(server: Server): void {
  const packageRoot = dirname(createRequire(import.meta.url).resolve('raftctl/package.json'));
  const definition = loadSync(
    protoFiles.map((name) => `raftctl/v1/${name}.proto`),
    { includeDirs: [join(packageRoot, 'proto')], keepCase: true },
  );
  new ReflectionService(withLinkedDescriptors(definition)).addToServer(server);
}
