/** What a demo without Docker leaves open, each as the claim that it does not prove. */
export const UNPROVEN_ON_DUMMY: readonly string[] = [
  'an image is built by BuildKit from the pushed commit',
  'a WAR is built by Maven in a container, and the same bytes are in test and in production',
  'test starts the base container and gets the WAR injected; wrong bytes keep the server from starting',
  'instances run as containers with labels, limits and no privileges',
  'the gateway sends visitors to the stable release, and 5 % of them to the gray one',
  'whoever met gray meets it again while the share grows',
  'a gray release that answers errors is judged bad and taken back by itself',
  'no request fails while releases are switched',
  'a rollback takes milliseconds under traffic',
  'an undo moves all visitors back, and a release that runs nowhere is started before it gets any',
  'production serves when Gantry is down, and the gateway comes back alone',
  'down --purge leaves nothing in Docker',
];
