import { chooseLauncher } from './unprivileged';

describe('the launcher', () => {
  it('starts programs directly when not root', () => {
    expect(chooseLauncher(false).command('initdb', ['-D', 'x'])).toEqual(['initdb', '-D', 'x']);
  });

  it('starts programs in a user namespace as root, without changing any user or owner', () => {
    const launcher = chooseLauncher(true, () => true);
    expect(launcher.command('initdb', ['-D', 'x'])).toEqual([
      'unshare',
      '--user',
      '--map-user=65534',
      '--map-group=65534',
      'initdb',
      '-D',
      'x',
    ]);
    expect(launcher.identity).toEqual({});
  });

  it('uses an existing user postgres where namespaces are forbidden', () => {
    const launcher = chooseLauncher(
      true,
      () => false,
      () => ({ uid: 70, gid: 71 }),
    );
    expect(launcher.command('initdb', [])).toEqual(['initdb']);
    expect(launcher.identity).toEqual({ uid: 70, gid: 71 });
  });

  it('says what to do when neither is possible', () => {
    expect(() =>
      chooseLauncher(
        true,
        () => false,
        () => undefined,
      ),
    ).toThrow(/another user, or set DATABASE_URL/);
  });
});
