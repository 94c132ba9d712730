import { Recent } from '../../engine/model/recent';
import { type ParseOptions, type ParseResult, parsePipeline } from '../../pipelines/parse';

/** Pipelines change far less often than they are pushed, and parsing one takes longer than all else of its plan. */
const recent = new Recent<string, ParseResult>(32);

/** The same as `parsePipeline`; a text that was parsed lately is not parsed again. */
export function parseOnce(text: string, options: ParseOptions): ParseResult {
  const key = `${options.file}\n${text}`;
  const known = recent.get(key);
  if (known !== undefined) return known;
  const parsed = parsePipeline(text, options);
  return parsed.ok ? recent.put(key, { ...parsed, spec: frozen(parsed.spec) }) : parsed;
}

/** Whoever is given it shares it with all later runs. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}
