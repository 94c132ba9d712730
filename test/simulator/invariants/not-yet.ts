/** Invariants of the list that are not looked at here, and why. */
export const notYet: Readonly<Record<string, string>> = {
  D6: 'shown by kills instead: every process may die at every point, and only SQL and the world are left',
  R3: 'the fake bytes refuse what was changed themselves; the real ones are tested in test/engine/store/bytes.test.ts',
  W8: 'comes with several clusters',
  W9: 'comes with several clusters',
  B5: 'comes with steps that cannot be taken back: there is none yet',
  I1: 'nothing is redacted in here; the tests of web and runners look for secrets in what they write',
  I2: 'comes with secrets that are leased to steps',
  I5: 'comes with throwaway environments',
  I7: 'needs time that passes while others work; measured with real processes',
  I8: 'comes with the config centre',
  V3: 'web compares refs with a real repository; tested in test/web/refs-loop.test.ts',
};
