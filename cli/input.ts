import { nearestShare, parseShare } from '../pipelines/units';
import { usageError } from './errors';

/** What was typed, already checked against the command's own table. */
export class Input {
  constructor(
    private readonly values: Readonly<Record<string, string>>,
    private readonly options: Readonly<Record<string, string | true>>,
    private readonly after: readonly string[] = [],
    /** Every value of the options that may be given several times, in their order. */
    private readonly many: Readonly<Record<string, readonly string[]>> = {},
  ) {}

  /** A required argument, by the name in the table: `APP`. */
  argument(name: string): string {
    const value = this.values[name];
    if (value === undefined) throw new Error(`argument ${name} is not in the table of this command`);
    return value;
  }

  optional(name: string): string | undefined {
    return this.values[name];
  }

  /** The words after `--`. */
  rest(): string[] {
    return [...this.after];
  }

  option(name: string): string | undefined {
    const value = this.options[name];
    return value === true ? undefined : value;
  }

  /** Each value of an option that may be given several times. */
  all(name: string): readonly string[] {
    return this.many[name] ?? [];
  }

  flag(name: string): boolean {
    return this.options[name] === true;
  }

  /** The number of a run, release and so on: `3`, `#3`. */
  number(name: string): number {
    return wholeNumber(name, this.argument(name));
  }

  optionalNumber(name: string): number | undefined {
    const text = this.values[name];
    return text === undefined ? undefined : wholeNumber(name, text);
  }

  /** A part of the traffic in 1/10,000, typed as `5%`. */
  share(name: string): number {
    const text = this.argument(name);
    const share = parseShare(text);
    if (share === null) {
      const near = nearestShare(text);
      const next = near === null ? 'write it like 5% or 0.25%' : `did you mean ${near}?`;
      throw usageError(`the share "${text}" is not a percentage from 0% to 100% with at most two decimals`, next);
    }
    return share;
  }

  /** A TCP port; 0 asks for any free one. */
  port(name: string): number | undefined {
    const text = this.option(name);
    if (text === undefined) return undefined;
    const port = Number(text);
    if (!/^\d{1,5}$/.test(text) || port > 65_535) {
      throw usageError(`--${name} is "${text}", and a port is a number from 1 to 65535 (0: any free one)`);
    }
    return port;
  }

  /** A count given as option, from 1 to `max`. */
  count(name: string, fallback: number, max: number): number {
    const text = this.option(name);
    if (text === undefined) return fallback;
    const count = Number(text);
    if (!/^\d{1,9}$/.test(text) || count < 1 || count > max) {
      throw usageError(`--${name} is "${text}", and it must be a whole number from 1 to ${max}`);
    }
    return count;
  }
}

/** `3`, `#3`. @throws CommandError (exit 2). */
export function wholeNumber(name: string, text: string): number {
  const match = /^#?([1-9][0-9]{0,8})$/.exec(text);
  if (match === null) throw usageError(`${name} is "${text}", and it must be a number, for example 3`);
  return Number(match[1]);
}
