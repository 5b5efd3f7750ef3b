import type { Argument, Directive } from '../datadriven.js';
import { StepError } from './output.js';

/** Ids that stand as arguments without a value, in their order. */
export function idsOf({ args }: Directive): number[] {
  return args.filter(({ values }) => values.length === 0).map(({ key }) => numberOf(key));
}

/** The first argument, which is an id or a number. */
export function firstNumber({ args }: Directive): number {
  return numberOf(args[0]?.key ?? '');
}

/** Values of `key=value` and `key=(value, value)`. */
export function valuesOf({ args }: Directive, key: string): readonly string[] {
  return args.filter((arg) => arg.key === key).flatMap(({ values }) => values);
}

/** The number of `key=number`. */
export function numberNamed(directive: Directive, key: string): number {
  return numberOf(valuesOf(directive, key)[0] ?? '');
}

/** @throws StepError where the text is no number */
export function numberOf(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isSafeInteger(value)) throw new StepError(`"${text}" is not a number`);
  return value;
}

/** Go's reading of a boolean. */
export function booleanOf(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw new StepError(`strconv.ParseBool: parsing "${text}": invalid syntax`);
}

/** Arguments with values. */
export function namedArguments({ args }: Directive): readonly Argument[] {
  return args.filter(({ values }) => values.length > 0);
}
