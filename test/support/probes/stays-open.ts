describe('a probe', () => {
  it('leaves a timer running', () => {
    setInterval(() => undefined, 1_000);
  });
});
