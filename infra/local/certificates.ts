import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAYS = 3650;

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of one's own, and what it signed: a server of this machine, and a client. */
export interface Certificates {
  readonly authority: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

/** New ones at each call; of no worth beyond this machine. */
export async function makeCertificates(now: Date): Promise<Certificates> {
  const validity = { notBefore: now, notAfter: new Date(now.getTime() + DAYS * 86_400_000), signingAlgorithm: ALGORITHM };
  const keys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const own = await keys();
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...{ ...validity, name: 'CN=Barograph local authority', keys: own, extensions: [new BasicConstraintsExtension(true)] },
  });
  const signed = async (subject: string, usage: ExtendedKeyUsage): Promise<KeyPair> => {
    const { publicKey, privateKey } = await keys();
    const names = [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ] as const;
    const certificate = await X509CertificateGenerator.create({
      ...{ ...validity, subject, issuer: authority.subject, publicKey, signingKey: own.privateKey },
      extensions: [new SubjectAlternativeNameExtension([...names]), new ExtendedKeyUsageExtension([usage])],
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', privateKey);
    return { certificate: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') };
  };
  return {
    authority: authority.toString('pem'),
    server: await signed('CN=localhost', ExtendedKeyUsage.serverAuth),
    client: await signed('CN=barograph', ExtendedKeyUsage.clientAuth),
  };
}
