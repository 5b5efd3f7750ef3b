import { RaftctlError } from '../base/errors.js';
import type { RegisterExpectation } from '../client/index.js';
import { encodeBytes, readPayload } from './payload.js';

/** `data` of `register read`. */
export interface RegisterValueData {
  readonly value: string;
  readonly valueEncoding: 'utf8' | 'base64';
  readonly bytes: number;
  /** 0 while it was never written. */
  readonly version: number;
  readonly modifiedIndex: number;
}

/** `data` of `register write` and `register cas`. */
export interface RegisterWriteData {
  readonly index: number;
  readonly term: number;
  readonly requestId: string;
  readonly version: number;
  readonly applied: boolean;
}

/** The register as data. */
export function toRegisterValueData(
  register: { readonly value: Uint8Array; readonly version: number; readonly modifiedIndex: number } | undefined,
): RegisterValueData {
  const { value = new Uint8Array(), version = 0, modifiedIndex = 0 } = register ?? {};
  const { data, dataEncoding } = encodeBytes(value);
  return { value: data, valueEncoding: dataEncoding, bytes: value.length, version, modifiedIndex };
}

/** The one expectation that the flags give. @throws RaftctlError E_USAGE */
export async function toRegisterExpectation(flags: {
  readonly 'expect-version': number | undefined;
  readonly 'expect-value': string | undefined;
}): Promise<RegisterExpectation> {
  const { 'expect-version': version, 'expect-value': value } = flags;
  if ((version === undefined) === (value === undefined)) {
    throw new RaftctlError('E_USAGE', 'give one of: --expect-version N, --expect-value DATA');
  }
  if (version !== undefined) return { condition: { $case: 'version', value: version } };
  return { condition: { $case: 'value', value: await readPayload(value ?? '') } };
}
