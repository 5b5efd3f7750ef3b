import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type DescMethod, fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import { withLinkedDescriptors } from '../../src/control/linked-descriptors.js';

/** A method, by its path as `/raftctl.v1.KvService/Get`. */
export interface Method {
  readonly path: string;
  readonly descriptor: DescMethod;
}

/** From the compiled place and from the source alike. */
const protos = fileURLToPath(new URL('../../proto', import.meta.url)).replace('/dist/proto', '/proto');

/** Every method of every service that a node offers: the proto files say which, nothing is listed by hand. */
export function allMethods(): Method[] {
  const files = readdirSync(protos, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.proto'));
  const definition = withLinkedDescriptors(
    loadSync([...files, healthProto], { includeDirs: [protos], keepCase: true }),
  );
  const byName = new Map<string, FileDescriptorProto>();
  for (const described of Object.values(definition)) {
    if (!Array.isArray(described.fileDescriptorProtos)) continue;
    for (const bytes of described.fileDescriptorProtos) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      byName.set(file.name, file);
    }
  }
  const registries = [...byName.values()].map((file) => createFileRegistry(file, (name) => byName.get(name)));
  return [...createFileRegistry(...registries)].flatMap((described) =>
    described.kind === 'service'
      ? described.methods.map((descriptor) => ({ path: `/${described.typeName}/${descriptor.name}`, descriptor }))
      : [],
  );
}
