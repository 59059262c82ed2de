/**
 * The cipher suites that TLS offers. manifest.json puts this list in the place of the SDK's own, which begins with suites
 * without forward secrecy and in CBC mode, whose padding the SDK does not check; a server that goes by the client's order
 * would choose one of those. What is left is ephemeral elliptic curves with AES-GCM: RFC 5289 and RFC 5246, TLS 1.2.
 */
import type { CipherSuite } from 'ssl/ciphersuites';
import { AES, ECDHE_RSA, GCM, SHA256 } from 'ssl/constants';

/** The SDK has one constant for the key exchange, whether RSA or ECDSA signs it. */
const ephemeralAesGcm = {
  isExportable: false,
  keyExchangeAlgorithm: ECDHE_RSA,
  cipherAlgorithm: AES,
  cipherKeySize: 16,
  cipherBlockSize: 16,
  hashAlgorithm: SHA256,
  hashSize: 32,
  encryptionMode: GCM,
  ivSize: 8,
  saltSize: 4,
};

const cipherSuites: readonly CipherSuite[] = Object.freeze([
  // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  Object.freeze({ ...ephemeralAesGcm, value: Object.freeze([0xc0, 0x2b] as const) }),
  // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  Object.freeze({ ...ephemeralAesGcm, value: Object.freeze([0xc0, 0x2f] as const) }),
]);

// biome-ignore lint/style/noDefaultExport: the SDK imports this module's default
export { cipherSuites as default };
