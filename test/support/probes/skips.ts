import { requireDocker } from '../hooks';

describe('a probe', () => {
  it('passes', () => undefined);

  it('needs Docker', function () {
    requireDocker(this);
  });

  describe('whose suite needs Docker', () => {
    before(function () {
      requireDocker(this);
    });

    it('first', () => undefined);
    it('second', () => undefined);
  });
});
