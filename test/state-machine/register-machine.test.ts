import { describe, expect, it } from 'vitest';
import { RegisterCommand, RegisterResult, RegisterValue } from '../../src/gen/raftctl/v1/register.js';
import { RegisterMachine } from '../../src/state-machine/index.js';
import { MemoryKeyspace } from './memory-keyspace.js';

const bytes = (text: string) => new TextEncoder().encode(text);

class Register {
  readonly machine = new RegisterMachine();
  readonly keyspace = new MemoryKeyspace();
  #index = 0;

  apply(kind: 'machine' | 'raw', payload: Uint8Array): RegisterResult {
    this.#index += 1;
    return RegisterResult.decode(this.machine.apply(this.keyspace, { index: this.#index, term: 1, kind, payload }));
  }

  write(command: RegisterCommand): RegisterResult {
    return this.apply('machine', RegisterCommand.encode(command).finish());
  }

  read(): RegisterValue {
    return RegisterValue.decode(this.machine.read(this.keyspace, new Uint8Array()));
  }
}

describe('the register', () => {
  it('is empty and of version 0 at first', () => {
    expect(new Register().read()).toEqual({ value: new Uint8Array(), version: 0, modifiedIndex: 0 });
  });

  it('holds the last bytes written, raw or as a command, 0 bytes too', () => {
    const register = new Register();
    expect(register.apply('raw', bytes('x=1'))).toEqual({ applied: true, prev: undefined, version: 1 });
    expect(register.read()).toEqual({ value: bytes('x=1'), version: 1, modifiedIndex: 1 });
    expect(register.write({ value: new Uint8Array() })).toMatchObject({
      version: 2,
      prev: { value: bytes('x=1'), version: 1, modifiedIndex: 1 },
    });
    expect(register.read()).toEqual({ value: new Uint8Array(), version: 2, modifiedIndex: 2 });
  });

  it('is written on a condition of its version or its bytes', () => {
    const register = new Register();
    const ifVersion = (version: number, value: string) =>
      register.write({ value: bytes(value), expect: { condition: { $case: 'version', value: version } } });
    const ifValue = (expected: string, value: string) =>
      register.write({ value: bytes(value), expect: { condition: { $case: 'value', value: bytes(expected) } } });
    expect(ifVersion(0, 'a').applied).toBe(true);
    expect(ifVersion(0, 'b')).toMatchObject({ applied: false, version: 1, prev: { value: bytes('a') } });
    expect(ifValue('a', 'b').applied).toBe(true);
    expect(ifValue('a', 'c').applied).toBe(false);
    expect(register.write({ value: bytes('d'), expect: {} }).applied).toBe(false);
    expect(register.read().value).toEqual(bytes('b'));
  });

  it('goes past a command that does not decode, and refuses a query that it does not know', () => {
    const register = new Register();
    expect(register.apply('machine', Uint8Array.of(0x0a, 0xff))).toEqual({
      applied: false,
      prev: undefined,
      version: 0,
    });
    expect(register.keyspace.size).toBe(0);
    expect(() => register.machine.read(register.keyspace, Uint8Array.of(1))).toThrow('not 1 bytes');
  });

  it('describes its commands', () => {
    const { machine } = new Register();
    expect(machine.describe('raw', bytes('x=1'))).toBe('write 3 bytes "x=1"');
    const command = { value: Uint8Array.of(0xc0), expect: { condition: { $case: 'version', value: 3 } as const } };
    expect(machine.describe('machine', RegisterCommand.encode(command).finish())).toBe('write if version 3 1 byte c0');
  });
});
