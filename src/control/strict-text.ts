import { configureTextEncoding, getTextEncoding } from '@bufbuild/protobuf/wire';

/**
 * Decodes in such a way that bytes in the place of a text that are no UTF-8 are an error. Left alone, the decoder puts U+FFFD for them: two keys that
 * differ would become one, and neither the one that was sent. What is in the log is decoded as it ever was: replicas of all versions must agree on it.
 * @throws whatever `decode` throws, and TypeError for such bytes
 */
export function decodeStrictly<T>(decode: () => T): T {
  const lenient = getTextEncoding();
  configureTextEncoding({ ...lenient, decodeUtf8: (bytes) => lenient.decodeUtf8(bytes, true) });
  try {
    return decode();
  } finally {
    configureTextEncoding(lenient);
  }
}
