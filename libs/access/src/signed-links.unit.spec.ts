import { linkSigner, type SignedLink } from './signed-links';

const { sign, verify } = linkSigner(new Uint8Array(32).fill(7));
const at = '2026-01-01T00:00:00.000Z';
const link: SignedLink = { purpose: 'unsubscribe', subject: 'a-subject', channel: 'email', messageId: 'm' };

describe('a signed link', () => {
  it('says what it was signed for, and is the same each time', () => {
    expect(verify(sign(link), 'unsubscribe', at)).toEqual(link);
    expect(sign(link)).toBe(sign({ ...link }));
    expect(sign(link)).toMatch(/^[\w-]+\.[\w-]+$/);
  });
  it('does nothing else, for nobody else, and not later than it says', () => {
    expect(verify(sign(link), 'preferences', at)).toBeNull();
    expect(verify(sign({ ...link, until: '2025-12-31T00:00:00.000Z' }), 'unsubscribe', at)).toBeNull();
    expect(verify(sign({ ...link, until: '2026-12-31T00:00:00.000Z' }), 'unsubscribe', at)).not.toBeNull();
    const [body = '', mac = ''] = sign(link).split('.');
    const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace('a-subject', 'b-subject')).toString('base64url');
    for (const bad of [`${forged}.${mac}`, body, `${body}.`, `${body}.${mac}.x`, '', 'x.y', linkSigner(new Uint8Array(32)).sign(link)])
      expect(verify(bad, 'unsubscribe', at)).toBeNull();
  });
  it('wants a secret that is one', () => {
    expect(() => linkSigner(new Uint8Array(31))).toThrow('32 bytes');
  });
});
