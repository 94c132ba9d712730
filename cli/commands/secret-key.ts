import type { KeyRotated, KeysForgotten } from '../api/types';
import type { Command } from '../command';

export const secretRotateKey: Command = {
  name: 'secret rotate-key',
  summary: 'makes a new key and seals all secrets with it',
  arguments: [],
  options: {},
  details: [
    'Everything that Gantry keeps sealed is sealed anew; the old key stays in the key file until gantry secret',
    'forget-key. Cut off, it goes on when web starts, or when it is called again. Copy the key file afterwards: to',
    'wherever its copy is kept, and to machines that have one of their own. Until then nothing is sealed there.',
    'An older backup needs the key of its time.',
  ].join(' '),
  async run(_input, { api }) {
    const json = await api.post<KeyRotated>('/secrets/rotate-key', {});
    const text = `Key ${json.key} seals from now on; ${json.sealedAnew} values were sealed anew.`;
    const next = 'Copy the key file to every machine; the old key goes with: gantry secret forget-key';
    return { json, text: `${text}\n${next}` };
  },
};

export const secretForgetKey: Command = {
  name: 'secret forget-key',
  summary: 'takes older keys out of the key file',
  arguments: [],
  options: {},
  details: [
    'Of the machine whose web answers: copy its key file to the others afterwards. Refused while a value is still',
    'sealed with an older key. Keep a copy of the file of before as long as a backup of that time: it opens with no other.',
  ].join(' '),
  async run(_input, { api }) {
    const json = await api.post<KeysForgotten>('/secrets/forget-key', {});
    const { key, forgotten } = json;
    const text = forgotten.length === 0 ? 'There is no older key' : `Forgot ${forgotten.join(', ')}`;
    return { json, text: `${text}; the key file holds ${key} alone.` };
  },
};
