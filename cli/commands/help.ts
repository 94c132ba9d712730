import type { Command } from '../command';
import { EXIT } from '../errors';
import { commandHelp, groupHelp, overview } from '../help';
import { readWords } from '../words';

/** Help needs the table, and is in it. */
export function helpCommand(commands: () => readonly Command[], version: string): Command {
  return {
    name: 'help',
    summary: 'shows all commands, or one in full',
    arguments: [
      { name: 'COMMAND', help: 'its first word', optional: true },
      { name: 'WORD', help: 'its second word', optional: true },
    ],
    options: {},
    async run(input) {
      const words = [input.optional('COMMAND'), input.optional('WORD')].filter((word) => word !== undefined);
      const [first] = words;
      if (first === undefined) return { json: describeAll(commands()), text: overview(commands(), version) };
      const group = commands().filter((command) => command.name.startsWith(`${first} `));
      if (words.length === 1 && group.length > 0) {
        return { json: describeAll(group), text: groupHelp(group) };
      }
      const { command } = readWords([...words, '--help'], commands());
      return { json: describe(command), text: commandHelp(command), exit: EXIT.ok };
    },
  };
}

const describe = ({ run: _run, ...data }: Command) => data;
const describeAll = (commands: readonly Command[]) => ({ commands: commands.map(describe) });
