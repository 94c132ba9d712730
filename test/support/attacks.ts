/** The attacks that Gantry is to withstand, by their ids; the table of docs/attacks.md is made of them. */
export interface Attack {
  id: string;
  what: string;
  /** Why it concerns nothing that exists yet, or what is done instead. */
  later?: string;
}

const attack = (id: string, what: string, later?: string): Attack =>
  later === undefined ? { id, what } : { id, what, later };

export const ATTACKS: readonly Attack[] = [
  attack('S1', 'a webhook without a signature, or with one that is wrong, empty or cut off'),
  attack('S2', 'a signature of another forge, of SHA-1, or in the address'),
  attack('S3', 'a captured webhook is sent again'),
  attack('S4', 'a signed webhook names another repository, branch or author'),
  attack('S5', 'an address or a ref that Git would take for an option or a command'),
  attack('S6', 'a repository that brings configuration, hooks, filters or submodules along'),
  attack('S7', 'a link in a repository that leads to files of the machine'),
  attack('S8', 'an archive whose names or links lead out of its folder'),
  attack('S9', 'an archive that unpacks to far more than it is'),
  attack('S10', 'an unreviewed branch changes the pipeline to get at secrets or at production'),
  attack('S11', 'a pipeline asks for more rights than a container should have'),
  attack('S12', 'a step looks for the Docker socket'),
  attack('S13', 'an escape from a container', 'updates of the machine; `gantry doctor` tells the versions'),
  attack('S14', 'a step uses up processes, memory or time'),
  attack('S15', 'a step tries to become more than it is'),
  attack('S16', 'an outgoing call is turned to an inner address'),
  attack('S17', 'a step calls Redis, SQL, Docker or the API'),
  attack('S18', 'somebody asks Redis without its password'),
  attack('S19', 'somebody puts jobs into Redis'),
  attack('S20', 'a secret is printed, in one of twenty ways to write it'),
  attack('S21', 'a secret is looked for in images, arguments and inspections'),
  attack('S22', 'a log brings markup, links and scripts into a page'),
  attack('S23', 'a log brings commands for the terminal of whoever reads it'),
  attack('S24', 'names of branches, authors and commits bring markup into a page'),
  attack('S25', 'a page of another site sends the forms of this one'),
  attack('S26', 'a page is shown inside another one, or shows another release than is approved'),
  attack('S27', 'somebody approves a change of their own'),
  attack('S28', 'an approval is used for something else, too late, or twice'),
  attack('S29', 'many approvals at once, and a new build among them'),
  attack('S30', 'bytes are exchanged after they were verified'),
  attack('S31', 'an image without provenance', 'comes with provenance'),
  attack('S32', 'an address is written so that its permission is not asked for'),
  attack('S33', 'somebody reads or changes what belongs to an app of others'),
  attack('S34', 'passwords and tokens are guessed'),
  attack('S35', 'a session is stolen, planted, or used from another site'),
  attack('S36', 'headers that lie about the host or the client'),
  attack('S37', 'a request that hides another one'),
  attack('S38', 'SQL in whatever an address takes'),
  attack('S39', 'a body or a pipeline that is made to break its parser'),
  attack('S40', 'a pattern that keeps the one who matches it busy'),
  attack('S41', 'a branch or a commit message that a shell would carry out'),
  attack('S42', 'a configuration that is not its own', 'comes with the configuration centre'),
  attack('S43', 'the audit is changed by whoever has the database'),
  attack('S44', 'a text that looks like several lines of a log'),
  attack('S45', 'a runner that lost its lease, or acts on what it never had'),
  attack('S46', 'a package that is not what it was'),
  attack('S47', 'an emergency that is none'),
  attack('S48', 'pages and lists that are asked for to keep Gantry busy'),
];
