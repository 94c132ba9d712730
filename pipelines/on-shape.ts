import { z } from 'zod';
import { CRON_PATTERN, CRON_WORDS, cronProblem, isTimeZone } from './cron';
import * as field from './fields';
import { CHOICES_MAX, PARAMETER_TEXT, PARAMETER_TEXT_MAX, PARAMETERS_MAX, RELEASED_MAX, SCHEDULES_MAX } from './limits';
import { APP_NAME_PATTERN, APP_NAME_WORDS, LABEL_PATTERN } from './names';
import { nearest } from './nearest';
import { isParameterType, PARAMETER_TYPES, shapeProblems } from './parameters';
import { changedPathProblem } from './paths';

/** What starts a run: the part `on` of `shape.ts`. */

const LABEL_WORDS = 'a name of a-z, 0-9 and "-", starting with a letter';
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

const refPatterns = field.list(field.path('the name of a branch or tag; "*" matches a part, "**" everything'));
const changedPaths = field
  .list(field.pathThat(changedPathProblem, 'a file pattern such as src/**, or "!docs/**" in quotes'))
  .min(1, { error: 'at least one file pattern; without the key every file counts' });

const parameterFields = z.strictObject({
  type: field.oneOf(PARAMETER_TYPES).describe('What it may be.'),
  about: field.text('a sentence').optional().describe('What it is for: shown where it is asked for.'),
  of: field
    .list(field.text('text; put it in quotes'))
    .min(1, { error: 'at least one text' })
    .max(CHOICES_MAX, { error: `a list of at most ${CHOICES_MAX} texts` })
    .optional()
    .describe('Of a choice: what may be chosen.'),
  min: field.fraction(-NUMBER_MAX, NUMBER_MAX).optional().describe('Of a number: the least one.'),
  max: field
    .fraction(-NUMBER_MAX, NUMBER_MAX)
    .optional()
    .describe(
      `Of a number: the greatest one. Of a text: how many characters; ${PARAMETER_TEXT} without it, ` +
        `${PARAMETER_TEXT_MAX} at most.`,
    ),
  default: z
    .union([z.string(), z.number(), z.boolean()], { error: 'a value of its type' })
    .optional()
    .describe('Taken when nothing is given. Without it a value must be given; a boolean is then false.'),
});

/** `dry: boolean` says the same as `dry: { type: boolean }`. */
const parameter = z
  .preprocess(
    (value, context) => {
      if (typeof value !== 'string') return value;
      if (isParameterType(value)) return { type: value };
      const near = nearest(value, PARAMETER_TYPES);
      const what = `one of ${PARAMETER_TYPES.join(', ')}${near === null ? '' : ` (did you mean ${near}?)`}`;
      context.addIssue({ code: 'custom', message: what });
      return z.NEVER;
    },
    parameterFields.superRefine((shape, context) => {
      for (const { key, expected } of shapeProblems(shape)) {
        context.addIssue({ code: 'custom', path: [key], message: expected });
      }
    }),
  )
  .meta({ type: ['object', 'string'] });

const manual = z.strictObject({
  parameters: z
    .record(z.string().regex(new RegExp(LABEL_PATTERN), { error: LABEL_WORDS }), parameter, {
      error: 'NAME: type pairs',
    })
    .refine((all) => Object.keys(all).length <= PARAMETERS_MAX, { error: `at most ${PARAMETERS_MAX} parameters` })
    .prefault({})
    .describe(
      'Values that are asked for. Commands find them as environment variables: "dry-run" is GANTRY_PARAMETER_DRY_RUN.',
    ),
});

const cron = field.word(CRON_PATTERN, CRON_WORDS).superRefine((value, context) => {
  if (!new RegExp(CRON_PATTERN).test(value)) return;
  const reason = cronProblem(value);
  if (reason !== null) context.addIssue({ code: 'custom', message: `${CRON_WORDS}; this one ${reason}` });
});
const zone = z
  .string({ error: 'a time zone such as Europe/Berlin or UTC' })
  .refine(isTimeZone, { error: 'a time zone such as Europe/Berlin or UTC' });

const schedule = z.strictObject({
  cron: cron.describe('When: minute, hour, day, month, day of the week.'),
  zone: zone.prefault('UTC').describe('Whose clocks count. Changes to and from summer time are theirs.'),
  ref: field
    .path('the name of a branch')
    .optional()
    .describe('The branch whose head is run. Default: the default one.'),
});

const released = z.strictObject({
  app: field.word(APP_NAME_PATTERN, APP_NAME_WORDS).describe('The other app.'),
  stage: field
    .word(LABEL_PATTERN, LABEL_WORDS)
    .prefault('production')
    .describe('The stage that its release has come through: promoted in production, or all of another stage done.'),
});

export const on = z
  .strictObject({
    branches: refPatterns.prefault(['main', 'master']).describe('Branches; "*" matches a part, "**" everything.'),
    tags: refPatterns.prefault([]).describe('Tags, by the same patterns.'),
    paths: changedPaths
      .optional()
      .describe(
        'Files, from the folder of this file, or from the root of the repository with "/" in front. A push of a ' +
          'branch starts a run only when it changed one of them; the last pattern that matches counts, and "!" ' +
          'takes away. A change of gantry.yml counts, too. Default: every file.',
      ),
    skip: field.yesOrNo
      .prefault(true)
      .describe(
        'A push of a branch starts no run when the message of its commit has [skip ci], [ci skip] or [no ci] in it, ' +
          'or ends with the trailer "Skip-CI: true". With false, such words say nothing.',
      ),
    requests: field.yesOrNo
      .prefault(false)
      .describe('The head of a pull or merge request is built and goes through "test" only.'),
    manual: manual.prefault({}).describe('What "gantry run start" asks for.'),
    schedule: field
      .list(schedule)
      .max(SCHEDULES_MAX, { error: `a list of at most ${SCHEDULES_MAX} schedules` })
      .prefault([])
      .describe('Runs at certain times. Read from the head of the default branch only.'),
    released: field
      .list(released)
      .max(RELEASED_MAX, { error: `a list of at most ${RELEASED_MAX} apps` })
      .prefault([])
      .describe("Releases of other apps that start a run of the default branch's head."),
  })
  .prefault({})
  .describe('What starts a run. A push of anything else is kept and ends as "ignored".');
