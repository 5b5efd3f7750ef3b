import { createRequire } from 'node:module';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, expect, test } from 'vitest';
import { ControlServer } from './control-server.js';
import { FakeNode } from './fake-node.js';

const protoPath = createRequire(import.meta.url).resolve(
  '@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
);
const definition = loadSync(protoPath, { keepCase: true, oneofs: true })['grpc.reflection.v1.ServerReflection'];

interface ReflectionResponse {
  list_services_response?: { service: { name: string }[] };
  file_descriptor_response?: { file_descriptor_proto: Buffer[] };
}

let control: ControlServer;
afterEach(() => control.stop());

/** Puts questions to the reflection service, one after the other. */
async function ask(...questions: object[]): Promise<ReflectionResponse[]> {
  const method = definition !== undefined && 'ServerReflectionInfo' in definition && definition['ServerReflectionInfo'];
  if (!method || typeof method !== 'object') throw new Error('the reflection service has changed');
  const client = new Client(`127.0.0.1:${control.port}`, credentials.createInsecure());
  const stream = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  for (const question of questions) stream.write(question);
  stream.end();
  const answers: ReflectionResponse[] = [];
  try {
    for await (const answer of stream) answers.push(answer);
  } finally {
    client.close();
  }
  return answers;
}

test('a client that knows nothing can list the services and link one with all that it needs', async () => {
  control = await ControlServer.start(new FakeNode(), { reflection: true });
  const [services, files] = await ask({ list_services: '*' }, { file_containing_symbol: 'raftctl.v1.ClusterService' });
  expect(services?.list_services_response?.service.map(({ name }) => name)).toContain('raftctl.v1.KvService');

  const found = (files?.file_descriptor_response?.file_descriptor_proto ?? []).map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
  const reserved = found.flatMap(({ messageType }) => messageType.flatMap(({ reservedRange }) => reservedRange));
  expect(reserved.filter(({ start, end }) => end <= start)).toEqual([]);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: inOrder(found) }));
  const getStatus = registry.getService('raftctl.v1.ClusterService')?.method['getStatus'];
  const nodeStatus = getStatus?.output.field['status']?.message;
  expect(nodeStatus?.field['hardState']?.message?.typeName).toBe('raft.v1.HardState');
});

test('without being asked for it is not there', async () => {
  control = await ControlServer.start(new FakeNode());
  await expect(ask({ list_services: '*' })).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
});

/** Files after those that they import. */
function inOrder(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  return [...files].sort((a, b) => Number(a.dependency.includes(b.name)) - Number(b.dependency.includes(a.name)));
}
