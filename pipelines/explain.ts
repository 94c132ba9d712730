import type { z } from 'zod';
import { PROBLEMS_MAX } from './limits';
import { nearest } from './nearest';
import { refusedKey } from './refused-keys';
import { everyKey, keysAt, schemaAt } from './schema';
import type { Problem } from './types';
import { nearestShare, SHARE_PATTERN } from './units';
import type { Path, Where } from './where';

type Issue = z.core.$ZodIssue;

/** What the schema refused, as problems with a place in the text, in the order of the text. */
export function explainIssues(issues: readonly Issue[], value: unknown, where: Where): Problem[] {
  return issues
    .slice(0, PROBLEMS_MAX)
    .flatMap((issue) => explain(issue, value, where))
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .slice(0, PROBLEMS_MAX);
}

function explain(issue: Issue, value: unknown, where: Where): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, PROBLEMS_MAX).map((key) => unknownKey([...path, key], where));
  if (issue.code === 'invalid_key') return [badName(path, issue, where)];
  if (!where.has(path)) return [missing(path, issue, where)];
  return [badValue(path, issue, valueAt(value, path), where)];
}

function unknownKey(path: Path, where: Where): Problem {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const known = keysAt(parent);
  const refused = refusedKey(path);
  const near = refused === null ? nearest(key, known) : null;
  const home = refused === null ? (everyKey().find((entry) => entry.key === key)?.path ?? null) : null;
  const advice = refused ?? unknownAdvice(near, home, known);
  const message = `"${shorten(key)}" is not a key of ${place(parent)}. ${advice}`;
  return where.keyProblem(path, 'unknown-key', message, near ?? home);
}

function unknownAdvice(near: string | null, home: string | null, known: string[]): string {
  if (near !== null) return `Did you mean "${near}"?`;
  return home !== null ? `It belongs in ${home}.` : `Known here: ${known.join(', ')}.`;
}

function badName(path: Path, issue: Extract<Issue, { code: 'invalid_key' }>, where: Where): Problem {
  const what = issue.issues[0]?.message ?? 'another name';
  const name = shorten(String(path.at(-1)));
  return where.keyProblem(path, 'bad-name', `${place(path.slice(0, -1))}: expected ${what}, found "${name}".`);
}

function missing(path: Path, issue: Issue, where: Where): Problem {
  const hint = schemaAt(path)?.description ?? '';
  const message = `${place(path)} is missing: expected ${expectation(issue)}. ${hint}`.trimEnd();
  return where.problem(path, 'missing-key', message);
}

function badValue(path: Path, issue: Issue, value: unknown, where: Where): Problem {
  const near = nearestValue(path, value);
  const advice = near === null ? '' : ` Did you mean ${near}?`;
  const message = `${place(path)}: expected ${expectation(issue)}, found ${found(value)}.${advice}`;
  const code = issue.code === 'invalid_type' ? 'wrong-type' : 'bad-value';
  return where.problem(path, code, message, { nearest: near });
}

/** What was expected, as a phrase. Fields bring their own; the rest are mappings. */
function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'object') return 'keys with values';
  return issue.message;
}

function found(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `"${shorten(value)}"`;
  return typeof value === 'object' ? 'keys with values' : `the ${typeof value} ${String(value)}`;
}

/** A value that would be accepted and looks like the refused one; null when there is none. */
function nearestValue(path: Path, value: unknown): string | null {
  const schema = schemaAt(path);
  if (schema === null || (typeof value !== 'string' && typeof value !== 'number')) return null;
  const text = String(value).trim();
  if (schema.enum !== undefined) return nearest(text, schema.enum.map(String));
  if (schema.pattern === undefined || text.length > 64) return null;
  if (schema.pattern === SHARE_PATTERN) return nearestShare(text);
  const pattern = new RegExp(schema.pattern);
  // The form is right, so something else was wrong: a range, a path that leads out.
  if (typeof value === 'string' && pattern.test(value)) return null;
  const lower = text.toLowerCase();
  const candidates = [lower, `${lower}%`, `${lower}s`, `${lower}m`, `< ${lower}`, lower.replace(/i?b$/, '')];
  return candidates.find((candidate) => candidate !== text && pattern.test(candidate)) ?? null;
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

function place(path: Path): string {
  return path.length === 0 ? 'gantry.yml' : shorten(path.join('.'));
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
