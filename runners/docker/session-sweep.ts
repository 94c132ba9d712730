import { type DockerClient, ignoring, within } from './client';

/** Marks every process of a session: a child inherits it, however deep and detached it is. */
export const SESSION_VARIABLE = 'GANTRY_SESSION';
const SWEEP_MS = 10_000;

/**
 * Ends the processes that carry the mark. Docker itself leaves a command running when whoever asked for it goes away,
 * so this is done from inside, with what every small image has.
 */
const SCRIPT = `for p in /proc/[0-9]*; do
  if tr '\\0' '\\n' 2>/dev/null < "$p/environ" | grep -qx "$0"; then kill -9 "\${p#/proc/}" 2>/dev/null; fi
done
true`;

/** Nothing when the container, or the session, has ended. An image without a shell could not hold a session either. */
export async function sweepSession(client: DockerClient, container: string, session: string): Promise<void> {
  const created = await ignoring(
    [404, 409],
    client.calls.getContainer(container).exec({
      Cmd: ['sh', '-c', SCRIPT, `${SESSION_VARIABLE}=${session}`],
      AttachStdout: true,
      AttachStderr: true,
    }),
  );
  if (created === undefined) return;
  const abortSignal = within(SWEEP_MS);
  const stream = await ignoring([404, 409], client.streams.getExec(created.id).start({ abortSignal }));
  // Docker tells the end of the script by the end of its output.
  if (stream !== undefined) for await (const _said of stream);
}
