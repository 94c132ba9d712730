/** A bare BullMQ worker with its default settings, to be killed in the middle of a job: `REDIS QUEUE`. */
import { Worker } from 'bullmq';

const [url = '', queue = ''] = process.argv.slice(2);

new Worker(
  queue,
  async () => {
    process.send?.({ began: Date.now() });
    await new Promise(() => undefined); // it has not ended when it is killed
  },
  { connection: { url, maxRetriesPerRequest: null } },
).on('error', (error) => process.stderr.write(`${error.message}\n`));
