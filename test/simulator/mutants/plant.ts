import { join, relative, sep } from 'node:path';
import type { Service } from 'ts-node';
import { type Mutant, mutated } from './mutant';

const ROOT = join(__dirname, '..', '..', '..');
const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
const TIMERS = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };

/** Loads programs with a bug in them: packages stay loaded, and what was compiled once is not compiled again. */
export class Planter {
  private mutant: Mutant | undefined;
  private readonly compiled = new Map<string, string>();

  constructor() {
    const service = registered();
    const compile = service.compile.bind(service);
    service.compile = (code, name, line) => {
      const text = this.mutate(relative(ROOT, name), code);
      const key = `${name} ${text}`;
      const known = this.compiled.get(key) ?? compile(text, name, line);
      this.compiled.set(key, known);
      return known;
    };
  }

  /**
   * A fresh copy of a module of ours and of everything that it needs.
   * @param module its path from the root of the repository
   */
  load<T>(mutant: Mutant | undefined, module: string): T {
    this.mutant = mutant;
    Object.assign(globalThis, TIMERS);
    for (const name of Object.keys(require.cache)) if (isOurs(name)) delete require.cache[name];
    const loaded = require(join(ROOT, module)) as T;
    const missed = mutant?.edits.find(({ file }) => require.cache[join(ROOT, file)] === undefined);
    if (missed !== undefined) throw new Error(`${mutant?.id}: ${missed.file} is not part of what is simulated`);
    return loaded;
  }

  private mutate(file: string, code: string): string {
    const edits = this.mutant?.edits.filter((edit) => edit.file === file) ?? [];
    return edits.reduce(mutated, code);
  }
}

function registered(): Service {
  const service = process[Symbol.for('ts-node.register.instance') as never] as Service | undefined;
  if (service === undefined)
    throw new Error('mutants are planted while ts-node compiles: start with -r ts-node/register');
  return service;
}

/** The harness itself stays. */
function isOurs(name: string): boolean {
  const path = relative(ROOT, name);
  return (
    !path.startsWith('..') &&
    !path.startsWith(`node_modules${sep}`) &&
    !path.startsWith(join('test', 'simulator', 'mutants'))
  );
}
