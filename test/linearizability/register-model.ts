import type { Answer, Call } from './history.js';

/** A register as it should be: its value, and how often it was written since it is there. */
export interface RegisterState {
  /** Null where there is none. */
  readonly value: string | null;
  readonly version: number;
}

/** Where every register begins. */
export const ABSENT: RegisterState = { value: null, version: 0 };

/**
 * What a register is after a call that was answered so; undefined where it could not have answered that.
 * @param answer undefined: any answer will do
 */
export function stepRegister(state: RegisterState, call: Call, answer: Answer | undefined): RegisterState | undefined {
  const after = apply(state, call);
  if (answer === undefined) return after;
  if (answer.version !== after.version) return undefined;
  if (call.f === 'read') return answer.value === state.value ? after : undefined;
  if (answer.prev !== state.value) return undefined;
  if (call.f === 'cas' && answer.swapped !== (state.value === call.from)) return undefined;
  return after;
}

function apply(state: RegisterState, call: Call): RegisterState {
  switch (call.f) {
    case 'read':
      return state;
    case 'write':
      return { value: call.value, version: state.version + 1 };
    case 'delete':
      return ABSENT;
    case 'cas':
      return state.value === call.from ? { value: call.to, version: state.version + 1 } : state;
  }
}
