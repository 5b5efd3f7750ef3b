import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { EnumTypeDefinition, MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';

/**
 * The same definition with file descriptors that clients can link. The loader makes one file a package, and leaves out what it imports
 * and the packages of the types that it names, so that a client of the reflection finds no service in it.
 */
export function withLinkedDescriptors(definition: PackageDefinition): PackageDefinition {
  const files = new Map<string, FileDescriptorProto>();
  for (const bytes of Object.values(definition).flatMap(encodedFiles)) {
    const file = fromBinary(FileDescriptorProtoSchema, bytes);
    files.set(file.name, file);
  }
  const fileOfType = new Map([...files.values()].flatMap((file) => typeNames(file).map((name) => [name, file.name])));
  for (const file of files.values()) link(file, fileOfType);
  const linked = [...files.values()].map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)));
  return Object.fromEntries(
    Object.entries(definition).map(([symbol, described]) => [
      symbol,
      isType(described) ? { ...described, fileDescriptorProtos: linked } : described,
    ]),
  );
}

type Described = PackageDefinition[string];

function isType(described: Described): described is MessageTypeDefinition<object, object> | EnumTypeDefinition {
  return Array.isArray(described.fileDescriptorProtos);
}

function encodedFiles(described: Described): Buffer[] {
  return isType(described) ? described.fileDescriptorProtos : [];
}

/** Full names of the types of a file, each with its leading dot. */
function typeNames(file: FileDescriptorProto): string[] {
  const scope = `.${file.package}`;
  return [...file.enumType.map(({ name }) => `${scope}.${name}`), ...messageNames(scope, file.messageType)];
}

function messageNames(scope: string, messages: readonly DescriptorProto[]): string[] {
  return messages.flatMap(({ name, nestedType, enumType }) => {
    const inner = `${scope}.${name}`;
    return [inner, ...enumType.map((nested) => `${inner}.${nested.name}`), ...messageNames(inner, nestedType)];
  });
}

/** Writes every reference of a file in full, and imports the files that they lead to. */
function link(file: FileDescriptorProto, fileOfType: ReadonlyMap<string, string>): void {
  const imports = new Set<string>();
  const resolve = (reference: string, scope: string): string => {
    for (let at = scope; ; at = at.slice(0, at.lastIndexOf('.'))) {
      const name = reference.startsWith('.') ? reference : `${at}.${reference}`;
      const found = fileOfType.get(name);
      if (found !== undefined) {
        if (found !== file.name) imports.add(found);
        return name;
      }
      if (at === '' || reference.startsWith('.')) throw new Error(`no type ${reference} in ${scope}`);
    }
  };
  const linkMessage = (message: DescriptorProto, scope: string) => {
    const inner = `${scope}.${message.name}`;
    for (const field of message.field) if (field.typeName !== '') field.typeName = resolve(field.typeName, inner);
    for (const nested of message.nestedType) linkMessage(nested, inner);
    // The loader ends a reserved range one too early, and strict clients refuse one that is empty. None needs them.
    message.reservedRange = [];
  };
  const scope = `.${file.package}`;
  for (const message of file.messageType) linkMessage(message, scope);
  for (const method of file.service.flatMap((service) => service.method)) {
    method.inputType = resolve(method.inputType, scope);
    method.outputType = resolve(method.outputType, scope);
  }
  file.dependency = [...imports];
}
