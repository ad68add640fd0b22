import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** PEM texts. */
export type TestCertificate = { readonly certificate: string; readonly key: string };

export type TestAuthority = {
  /** Its own certificate, which whoever trusts it needs. */
  readonly certificate: string;
  /** A certificate of a server with this DNS name. */
  issue(host: string): TestCertificate;
};

/** Certificates of an authority of its own, valid from 2020 to 2099: made, so that no key lies in the repository. */
export function createTestAuthority(name = 'Test authority'): TestAuthority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const by = { name, key: own.privateKey };
  return {
    certificate: certify(by, { name, key: own.publicKey, extensions: [extension(basicConstraints, sequence(isTrue))] }),
    issue(host) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = sequence(tagged(dnsName, Buffer.from(host)));
      const extensions = [extension(subjectAltName, names)];
      return {
        certificate: certify(by, { name: host, key: publicKey, extensions }),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

type Issuer = { readonly name: string; readonly key: KeyObject };
type Subject = Issuer & { readonly extensions: readonly Buffer[] };

const pemWidth = 64;

/** X.509 version 3 in DER, signed with ECDSA and SHA-256. */
function certify(issuer: Issuer, subject: Subject): string {
  const algorithm = sequence(objectId(ecdsaWithSha256));
  const toBeSigned = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    distinguished(issuer.name),
    sequence(utcTime('200101000000Z'), generalizedTime('20991231235959Z')),
    distinguished(subject.name),
    subject.key.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...subject.extensions)),
  );
  const der = sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, issuer.key)));
  const lines = der.toString('base64').match(new RegExp(`.{1,${pemWidth}}`, 'g')) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const ecdsaWithSha256 = '2a8648ce3d040302';
const commonName = '550403';
const basicConstraints = '551d13';
const subjectAltName = '551d11';
const dnsName = 0x82;
const isTrue = Buffer.from([0x01, 0x01, 0xff]);

const distinguished = (name: string) =>
  sequence(tagged(0x31, sequence(objectId(commonName), tagged(0x0c, Buffer.from(name)))));
const extension = (id: string, value: Buffer) => sequence(objectId(id), tagged(0x04, value));
const sequence = (...parts: readonly Buffer[]) => tagged(0x30, Buffer.concat(parts));
const objectId = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'));
const utcTime = (text: string) => tagged(0x17, Buffer.from(text));
const generalizedTime = (text: string) => tagged(0x18, Buffer.from(text));
const bits = (value: Buffer) => tagged(0x03, Buffer.concat([Buffer.from([0]), value]));

function tagged(tag: number, value: Buffer): Buffer {
  const size = value.length;
  const short = size < 0x80 ? [size] : size < 0x1_00 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...short]), value]);
}
