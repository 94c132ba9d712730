import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';

/** Who asked for what, in the words of the audit. */
interface Asked {
  app: string;
  run?: number;
  step?: string;
  user: string;
  reason: string;
  /** `approval.yes`. */
  action: string;
}

/** Does it; a refusal is written into the audit before it is told. */
export async function refusing<T>(parts: EngineParts, asked: Asked, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof GantryError) await recordRefusal(parts, asked, error);
    throw error;
  }
}

/** A refusal that was not the engine's. */
export async function recordRefusal(
  parts: EngineParts,
  asked: Asked,
  { code, message }: Pick<GantryError, 'code' | 'message'>,
): Promise<void> {
  const { app, run, step, user, reason, action } = asked;
  await parts.store.write((tx) =>
    recordAudit(parts, tx, {
      chain: app,
      actor: `user:${user}`,
      action: 'approval.refuse',
      object: `${app}${run === undefined ? '' : `#${run}`}${step === undefined ? '' : `/${step}`}`,
      detail: { asked: action, code, message, reason },
    }),
  );
}
