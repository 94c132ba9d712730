import { z } from 'zod';
import { perhapsTime, time } from './common';

const milliseconds = z.number().nullable().describe('ms, within 5 %; null when no response time was seen');

const trafficPoint = z
  .strictObject({
    at: time.describe('end of the span, milliseconds since 1970, UTC'),
    requests: z.int(),
    perSecond: z.number(),
    errors: z.int().describe('answers with a status of 500 and above, and requests without an answer'),
    p50: milliseconds,
    p95: milliseconds,
    p99: milliseconds,
  })
  .meta({ id: 'TrafficPoint' });

/** What stable and gray did while the release of a run was gray. */
export const runTraffic = z
  .strictObject({
    from: perhapsTime.describe('null before anything was measured'),
    to: perhapsTime,
    open: z.boolean().describe('whether the release is gray now, so that more will come'),
    releases: z.array(
      z.strictObject({
        role: z.enum(['stable', 'gray']),
        release: z.int().describe('number of the release'),
        points: z.array(trafficPoint),
        total: trafficPoint.describe('over the whole time'),
      }),
    ),
  })
  .meta({ id: 'RunTraffic' });
