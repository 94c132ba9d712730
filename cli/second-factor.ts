import type { Context } from './command';
import { CommandError } from './errors';

/** Asks for the code of the authenticator app, and shows it. @throws CommandError `code-wrong`, `person-needed` */
export async function confirmHere({ api, ask }: Context): Promise<{ confirmedAt: number }> {
  return api.post<{ confirmedAt: number }>('/sessions/confirm', { code: (await ask('Code of your app: ')).trim() });
}

/** Does it; if it wants a second factor that was shown just now, asks for that and does it again. */
export async function withSecondFactor<T>(context: Context, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 'second-factor-needed') throw error;
    if (context.terminal.stdin.isTTY !== true) throw error;
    await confirmHere(context);
    return act();
  }
}
