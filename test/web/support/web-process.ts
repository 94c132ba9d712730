import { makeEngineIn } from '../../support/engine';
import { startHouseWeb } from './house';

/** A web in a process of its own, to be killed: `FOLDER PROGRAMS`; says its address. */
async function main(): Promise<void> {
  const [folder = '', programs = ''] = process.argv.slice(2);
  const { engine } = await makeEngineIn(folder);
  const web = await startHouseWeb(engine, folder, 'killed', { programs });
  process.stdout.write(`${web.url}\n`);
}

void main();
