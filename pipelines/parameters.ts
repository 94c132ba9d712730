import { PARAMETER_TEXT, PARAMETER_TEXT_MAX } from './limits';
import { nearest } from './nearest';
import type { ParameterSpec } from './types';

/** Values that people give when they start a run: what a pipeline declares, and what is given. */

export const PARAMETER_TYPES = ['choice', 'number', 'boolean', 'text'] as const satisfies ParameterSpec['type'][];
export const isParameterType = (word: string): word is ParameterSpec['type'] =>
  (PARAMETER_TYPES as readonly string[]).includes(word);

/** Values by name, as commands find them. */
export type ParameterValues = Readonly<Record<string, string>>;

/** Of what was given, at most so much is quoted. */
const QUOTED = 40;

/**
 * Holds what was given against what a pipeline declares. Pure.
 * @param given texts as they were typed, or values of JSON
 * @returns every declared value as text, or all that is wrong, a sentence each without its dot
 */
export function checkParameters(
  declared: readonly ParameterSpec[],
  given: Readonly<Record<string, unknown>>,
): { values: ParameterValues } | { problems: string[] } {
  const problems = Object.keys(given)
    .filter((name) => !declared.some((one) => one.name === name))
    .map((name) => unknownName(name, declared));
  const values: Record<string, string> = {};
  for (const one of declared) {
    const value = Object.hasOwn(given, one.name) ? given[one.name] : one.default;
    if (value === null || value === undefined) {
      problems.push(`the parameter ${one.name} is missing: it is ${kindOf(one)}`);
      continue;
    }
    const problem = valueProblem(one, value);
    if (problem === null) values[one.name] = String(value);
    else problems.push(`the parameter ${one.name} is ${problem}`);
  }
  return problems.length > 0 ? { problems } : { values };
}

/** Why a parameter cannot have this value, as the end of "it is …"; null when it can. */
export function valueProblem(declared: ParameterSpec, value: unknown): string | null {
  const text =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  if (text !== '' && fits(declared, text)) return null;
  const near = declared.type === 'choice' ? nearest(text, declared.of) : null;
  const found = text === '' ? 'empty' : `"${text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text}"`;
  return `${found}, and it must be ${kindOf(declared)}${near === null ? '' : `: did you mean "${near}"?`}`;
}

function fits(declared: ParameterSpec, text: string): boolean {
  switch (declared.type) {
    case 'choice':
      return declared.of.includes(text);
    case 'number':
      return NUMBER.test(text) && Number(text) >= declared.min && Number(text) <= declared.max;
    case 'boolean':
      return text === 'true' || text === 'false';
    case 'text':
      return text.length <= declared.max && !CONTROL.test(text);
  }
}

const NUMBER = /^-?\d{1,15}(\.\d{1,9})?$/;
// One line: what a command is given as a variable must look the same in a log.
const CONTROL = /\p{Cc}/u;

/** What a value of this parameter is, for people: `one of eu, us`, `a number from 1 to 5`. */
export function kindOf(declared: ParameterSpec): string {
  switch (declared.type) {
    case 'choice':
      return `one of ${declared.of.join(', ')}`;
    case 'number':
      return rangeOf(declared);
    case 'boolean':
      return 'true or false';
    case 'text':
      return `one line of at most ${declared.max} characters`;
  }
}

function rangeOf({ min, max }: { min: number; max: number }): string {
  if (min === -UNBOUNDED) return max === UNBOUNDED ? 'a number' : `a number up to ${max}`;
  return max === UNBOUNDED ? `a number from ${min} on` : `a number from ${min} to ${max}`;
}

function unknownName(name: string, declared: readonly ParameterSpec[]): string {
  const names = declared.map((one) => one.name);
  const near = nearest(name, names);
  const quoted = `there is no parameter "${name.slice(0, QUOTED)}"`;
  if (near !== null) return `${quoted}: did you mean "${near}"?`;
  return `${quoted}: ${names.length === 0 ? 'on.manual of gantry.yml declares none' : `there are ${names.join(', ')}`}`;
}

/** What commands find in their environment: `dry-run` is `GANTRY_PARAMETER_DRY_RUN`. */
export function parameterVariables(values: ParameterValues): Record<string, string> {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.map(([name, value]) => [`GANTRY_PARAMETER_${name.toUpperCase().replaceAll('-', '_')}`, value]),
  );
}

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** A parameter as `gantry.yml` has it. */
export interface ParameterShape {
  type: ParameterSpec['type'];
  about?: string | undefined;
  of?: string[] | undefined;
  min?: number | undefined;
  max?: number | undefined;
  default?: string | number | boolean | undefined;
}

/** With its defaults filled in. */
export function resolveParameter(name: string, shape: ParameterShape): ParameterSpec {
  const { type, of = [], min = -UNBOUNDED, max } = shape;
  const own = { name, about: shape.about ?? '' };
  const text = shape.default === undefined ? null : String(shape.default);
  switch (type) {
    case 'choice':
      return { ...own, type, of, default: text };
    case 'number':
      return { ...own, type, min, max: max ?? UNBOUNDED, default: text === null ? null : Number(text) };
    case 'boolean':
      return { ...own, type, default: text === 'true' };
    case 'text':
      return { ...own, type, max: max ?? PARAMETER_TEXT, default: text };
  }
}

/** Keys that only some types have. */
const KEYS: Record<ParameterSpec['type'], readonly string[]> = {
  choice: ['of'],
  number: ['min', 'max'],
  boolean: [],
  text: ['max'],
};

/** What does not fit together in a parameter: the key, and what was expected there. */
export function shapeProblems(shape: ParameterShape): { key: string; expected: string }[] {
  const problems = (['of', 'min', 'max'] as const)
    .filter((key) => shape[key] !== undefined && !KEYS[shape.type].includes(key))
    .map((key) => ({ key, expected: `no such key of a ${shape.type}` }));
  if (problems.length > 0) return problems;
  const { type, of, min = -UNBOUNDED, max } = shape;
  if (type === 'choice' && of === undefined) return [{ key: 'of', expected: 'a list of what may be chosen' }];
  if (type === 'number' && max !== undefined && max < min) return [{ key: 'max', expected: `a number from ${min} on` }];
  if (type === 'text' && max !== undefined && !(Number.isInteger(max) && max >= 1 && max <= PARAMETER_TEXT_MAX)) {
    return [{ key: 'max', expected: `a whole number from 1 to ${PARAMETER_TEXT_MAX}` }];
  }
  if (shape.default === undefined) return [];
  const declared = resolveParameter('', shape);
  return valueProblem(declared, shape.default) === null ? [] : [{ key: 'default', expected: kindOf(declared) }];
}
