/** How many runs may be open at a time, waiting ones as well: past it, whoever wants another one is told to come later. */
export interface RunLimits {
  perApp: number;
  inAll: number;
}

export const RUN_LIMITS: RunLimits = { perApp: 10_000, inAll: 40_000 };
