import { z } from 'zod';
import { FINDINGS } from '../../../engine/audit/chain';
import { json, listOf, oneOf, perhapsTime, time } from './common';

const entry = z
  .strictObject({
    seq: z.int().describe('rises over all chains'),
    chain: z.string().describe('name of the app, or `system`'),
    at: time,
    actor: z.string().describe('who: `user:ada`, `runner:…`'),
    action: z.string(),
    object: z.string(),
    detail: json,
  })
  .meta({ id: 'AuditEntry' });

export const auditList = listOf(entry)
  .extend({ next: z.int().nullable().describe('`before` of the page that follows; null at the end') })
  .meta({ id: 'AuditList' });

export const auditVerdict = z
  .strictObject({
    ok: z.boolean(),
    entries: z.int().describe('entries that are as they were written'),
    chains: z.array(z.strictObject({ chain: z.string(), entries: z.int(), hash: z.string() })),
    breaks: z.array(
      z.strictObject({
        chain: z.string(),
        entry: z.int().describe('number of the first bad entry in its chain, from 1'),
        finding: oneOf(FINDINGS),
        says: z.string().describe('one sentence'),
      }),
    ),
    anchors: z
      .strictObject({ where: z.string(), lines: z.int(), at: perhapsTime.describe('when the last one was written') })
      .nullable(),
    remarks: z.array(z.string()).describe('what an auditor should know although nothing is wrong'),
  })
  .meta({ id: 'AuditVerdict' });
