import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Between two requests of each visitor. */
const PAUSE_MS = 5;

/** Two that ask all the time: one keeps its connection, one opens a new one for each request. */
export class Visitors {
  private readonly failed: string[] = [];
  private answered = 0;
  private leaving = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly visits: Promise<void>[];

  /** @param wanted what each answer must be */
  constructor(
    private readonly gateway: string,
    private readonly host: string,
    private readonly wanted: string,
  ) {
    this.visits = [this.visit(this.agent), this.visit(false)];
  }

  async leave(): Promise<{ answered: number; failed: string[] }> {
    this.leaving = true;
    await Promise.all(this.visits);
    this.agent.destroy();
    return { answered: this.answered, failed: this.failed };
  }

  private async visit(agent: Agent | false): Promise<void> {
    while (!this.leaving) {
      const answer = await this.ask(agent);
      if (answer === this.wanted) this.answered += 1;
      else this.failed.push(answer);
      await wait(PAUSE_MS);
    }
  }

  private ask(agent: Agent | false): Promise<string> {
    return new Promise((resolve) => {
      const call = get(
        `http://${this.gateway}/`,
        { agent, headers: { host: this.host }, timeout: 5_000 },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
          response.on('end', () => resolve(response.statusCode === 200 ? text : `${response.statusCode} ${text}`));
        },
      );
      call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
      call.on('error', (error) => resolve(error.message));
    });
  }
}
