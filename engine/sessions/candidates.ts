import type { EnvironmentShown, InstanceShown } from '../environments/show';
import type { Candidate } from './choose';

/** Instances in the order in which they are listed and numbered: by environment, serving ones before failed ones. */
export function candidatesOf(environments: readonly EnvironmentShown[]): Candidate[] {
  return environments.flatMap((environment) =>
    [...environment.instances]
      .filter(({ state }) => state !== 'starting')
      .sort((a, b) => Number(a.state === 'kept') - Number(b.state === 'kept'))
      .map((instance) => ({
        name: instance.name,
        place: placeOf(environment, instance),
        production: environment.role === 'production',
        state: instance.state,
        release: instance.release,
        keptUntil: instance.keptUntil,
      })),
  );
}

/** Gray is a place of its own for people, though it stands beside stable in production. */
function placeOf({ name, role, gray }: EnvironmentShown, instance: InstanceShown): string {
  return role === 'production' && gray !== null && instance.release === gray.number ? 'gray' : name;
}
