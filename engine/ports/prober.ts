/** Asks an environment from outside, as its visitors do: through the gateway. */
export interface Prober {
  /** @throws StepFailure with fault `user` when nothing answers within `timeoutMs`. */
  get(request: {
    host: string;
    path: string;
    headers: Record<string, string>;
    timeoutMs: number;
  }): Promise<{ status: number; body: string }>;
}
