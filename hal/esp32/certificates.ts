/**
 * Whether a chain of certificates proves that the peer is who it says: RFC 5280, section 6, in the part that a device
 * with one trust anchor needs.
 *
 * It stands in the place of the SDK's own check, which lets pass a chain whose first certificate nobody signed as long as
 * a later one is genuine, takes the host's name from any certificate of the chain, refuses a genuine certificate that
 * comes without its issuer's, and never returns from an ECDSA signature of zeros.
 *
 * A chain is accepted when
 *   - the first certificate names the server, as a DNS name (a `*` stands for the first label) or as an IPv4 address;
 *   - each certificate is within its dates and signed by the one after it, which is that of an authority;
 *   - one of them, the sooner the better, is signed by the trust anchor, itself within its dates.
 * What comes after that one is not looked at. Revocation is not checked.
 */
import BER from 'ber';
import { Digest } from 'crypt';
import ECDSA from 'ecdsa';
import PKCS1_5 from 'pkcs1_5';
import CertificateManager from 'ssl/cert';
import X509, { type PublicKey } from 'x509';

/** OID of the signature to its digest and the kind of key. MD5 and SHA-1 are left out. */
const signatureAlgorithms: { readonly [identifier: string]: readonly [digest: string, key: 'RSA' | 'EC'] } =
  Object.freeze({
    '1,2,840,113549,1,1,11': Object.freeze(['SHA256', 'RSA'] as const),
    '1,2,840,113549,1,1,12': Object.freeze(['SHA384', 'RSA'] as const),
    '1,2,840,113549,1,1,13': Object.freeze(['SHA512', 'RSA'] as const),
    '1,2,840,10045,4,3,2': Object.freeze(['SHA256', 'EC'] as const),
    '1,2,840,10045,4,3,3': Object.freeze(['SHA384', 'EC'] as const),
    '1,2,840,10045,4,3,4': Object.freeze(['SHA512', 'EC'] as const),
  });
const basicConstraints = Object.freeze([2, 5, 29, 19]);
const dnsName = 2;
const ipAddress = 7;

/** A certificate taken apart. */
class Certificate {
  readonly encoded: Uint8Array;
  readonly key: PublicKey;
  readonly #signed: ReturnType<typeof X509.decode>;
  readonly #fields: ReturnType<typeof X509.decodeTBS>;

  constructor(encoded: Uint8Array) {
    this.encoded = encoded;
    this.#signed = X509.decode(encoded);
    this.#fields = X509.decodeTBS(this.#signed.tbs);
    this.key = this.#signed.spki;
    // With a small exponent, the SDK's lenient reading of PKCS #1 padding could be fed forged signatures.
    if (this.key.exponent !== undefined && this.key.exponent < 65537n) {
      throw new Error('a certificate has an RSA key with too small an exponent');
    }
  }

  isWithinDates(): boolean {
    const now = Date.now();
    const { from, to } = this.#fields.validity;
    return from <= now && now <= to;
  }

  isAuthority(): boolean {
    const extension = X509.decodeExtension(this.encoded, basicConstraints);
    if (extension === undefined) return false;
    // SEQUENCE { BOOLEAN cA, ... }; left out, cA is false.
    const [, , tag, , value] = new Uint8Array(extension);
    return tag === 1 && value !== 0;
  }

  isSignedBy(issuer: Certificate): boolean {
    if (!areEqual(this.#fields.issuer, issuer.#fields.subject)) return false;
    const algorithm = signatureAlgorithms[this.#signed.algo.toString()];
    if (algorithm === undefined) throw new Error('a certificate is signed in a way that is not supported');
    const digest = new Digest(algorithm[0]).process(this.#signed.tbs);
    const { modulus, curve, pub } = issuer.key;
    const { sig } = this.#signed;
    if (algorithm[1] === 'RSA') return modulus !== undefined && new PKCS1_5(issuer.key, false, []).verify(digest, sig);
    if (curve === undefined || pub === undefined || !isEcdsaSignature(sig)) return false;
    return new ECDSA(pub, curve, false).verify(digest, sig, true);
  }
}

export class StrictCertificates extends CertificateManager {
  readonly #trustAnchor: Certificate;
  readonly #serverName: string;
  #verified = false;

  constructor(trustAnchor: Uint8Array, serverName: string) {
    super({});
    this.#trustAnchor = new Certificate(trustAnchor);
    this.#serverName = serverName.toLowerCase();
  }

  /** Whether a chain was accepted. */
  get verified(): boolean {
    return this.#verified;
  }

  /** Returns true, or throws an Error that says what is wrong. */
  override verify(chain: readonly Uint8Array[]): boolean {
    if (!this.#trustAnchor.isWithinDates()) throw new Error('the trust anchor has expired or is not valid yet');
    let certificate = take(chain, 0);
    if (!isNamed(certificate.encoded, this.#serverName)) {
      throw new Error(`the certificate is not one for ${this.#serverName}`);
    }
    for (let index = 1; !certificate.isSignedBy(this.#trustAnchor); index += 1) {
      const issuer = take(chain, index);
      if (!issuer.isAuthority() || !certificate.isSignedBy(issuer)) {
        throw new Error('a certificate is not signed by the next one of its chain');
      }
      certificate = issuer;
    }
    this.#verified = true;
    return true;
  }
}

function take(chain: readonly Uint8Array[], index: number): Certificate {
  const encoded = chain[index];
  if (encoded === undefined) throw new Error('the certificate does not lead to the trust anchor');
  const certificate = new Certificate(encoded);
  if (!certificate.isWithinDates()) throw new Error('a certificate has expired or is not valid yet');
  return certificate;
}

function isNamed(encoded: Uint8Array, serverName: string): boolean {
  for (const { tag, value } of X509.decodeSAN(encoded) ?? []) {
    if (tag === dnsName && matches(value as string, serverName)) return true;
    if (tag === ipAddress && new Uint8Array(value as ArrayBuffer).join('.') === serverName) return true;
  }
  return false;
}

function matches(pattern: string, serverName: string): boolean {
  const name = pattern.toLowerCase();
  if (!name.startsWith('*.')) return name === serverName;
  const dot = serverName.indexOf('.');
  return dot > 0 && name.slice(1) === serverName.slice(dot);
}

/** SEQUENCE { INTEGER r, INTEGER s }, both above zero. */
export function isEcdsaSignature(signature: Uint8Array): boolean {
  const integers = new BER(new BER(signature).getSequence());
  return integers.getInteger() > 0n && integers.getInteger() > 0n;
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
