import { z } from 'zod';
import { APPROVAL_STATES } from '../../../engine/model/states';
import { json, listOf, oneOf, perhapsTime, reason, time } from './common';

const hash = z.string().max(64);

/** Somebody's answer at a gate. */
export const voteShape = z.strictObject({
  step: z.string().max(200).optional().describe('only needed when several wait'),
  reason,
  boundHash: hash
    .optional()
    .describe('what was looked at, as the run shows it; another one is refused. Needed once there are several people'),
  releaseHash: hash.optional().describe('the release that was looked at; another one is refused'),
});

export const yesShape = voteShape.extend({
  breakGlass: z
    .boolean()
    .optional()
    .describe('an emergency: this voice alone opens the gate, and somebody else reviews it within 24 hours'),
});

export const withdrawShape = z.strictObject({ step: z.string().max(200).optional(), reason });

const vote = z.strictObject({
  user: z.string(),
  vote: z.enum(['yes', 'no']),
  reason: z.string(),
  at: time,
  brokeGlass: z.boolean().describe('said in an emergency, without the role that is asked for'),
});

export const approval = z
  .strictObject({
    step: z.string(),
    state: oneOf(APPROVAL_STATES),
    role: z.string(),
    count: z.int().describe('how many people must say yes'),
    votes: z.array(vote),
    releaseHash: z.string(),
    boundHash: z.string().describe('of all that a yes stands for; an answer carries it'),
    bound: json.describe('release, pipeline, configuration, target and gray plan, by digests; null: not recorded'),
    expiresAt: time,
    window: z.string().nullable().describe('when what comes next may begin; null: at any time'),
    why: z.string().describe('why what people had said before counts no more; empty when they were asked once'),
    usedBy: z.string().nullable().describe('the step that used it; null: none has'),
  })
  .meta({ id: 'Approval' });

export const decided = z.strictObject({
  run: z.int(),
  step: z.string(),
  state: z.enum(['granted', 'rejected', 'requested']),
  missing: z.int().describe('how many more people are needed'),
  reviewDue: perhapsTime.describe('until when somebody else must have reviewed it; null: nobody needs to'),
});

export const withdrawn = z.strictObject({
  run: z.int(),
  step: z.string(),
  state: z.enum(['granted', 'requested']),
  missing: z.int().describe('how many more people are needed'),
});

export const reviewShape = z.strictObject({
  verdict: z.enum(['right', 'wrong']),
  reason: z.string().min(1).max(500).describe('what was found'),
});

export const reviewed = z.strictObject({ run: z.int(), steps: z.array(z.string()).describe('the gates') });

export const glass = z
  .strictObject({
    app: z.string(),
    run: z.int(),
    step: z.string(),
    by: z.string(),
    reason: z.string(),
    at: time,
    reviewDue: perhapsTime.describe('null: nobody needs to review it'),
    review: z
      .strictObject({ by: z.string(), at: time, verdict: z.enum(['right', 'wrong']), note: z.string() })
      .nullable()
      .describe('null: nobody has reviewed it'),
  })
  .meta({ id: 'BrokenGlass' });

export const glassList = listOf(glass);

export const freeze = z
  .strictObject({
    id: z.string(),
    app: z.string().nullable().describe('null: all apps'),
    reason: z.string(),
    begunAt: time,
    begunBy: z.string(),
    until: time,
  })
  .meta({ id: 'Freeze' });

export const freezeList = listOf(freeze);
export const freezeShape = z.strictObject({ until: time, reason: z.string().min(1).max(500) });
export const thawed = z.strictObject({ ended: z.int().describe('how many freezes have ended') });
