/**
 * The SDK's TLS 1.2 session, which does the cryptography, made to insist on all of the handshake.
 *
 * What the SDK lets a peer do, and is refused here: to leave its ephemeral key unsigned, or to sign it in a way that is
 * then not checked; to end the handshake by an alert, after which the SDK sends data in the clear; to leave out steps;
 * to slip in data before the handshake is over. Sessions are not resumed.
 *
 * It does not know sockets: it is given a transport.
 */
import alertProtocol from 'ssl/alert';
import Session, { type Transport } from 'ssl/session';
import { isEcdsaSignature, StrictCertificates } from './certificates.js';

export type { Transport };

const tls12 = 0x303;
const recordHeaderByteCount = 5;
const handshakeRecord = 22;
const serverKeyExchange = 12;
/** HashAlgorithm and SignatureAlgorithm of RFC 5246, 7.4.1.4.1: those that the SDK offers. */
const sha256 = 4;
const rsa = 1;
const ecdsa = 3;
/** AlertLevel and AlertDescription of RFC 5246, 7.2. */
const warning = 1;
const closeNotify = 0;
/** The steps of `handshakeProcess` that do not wait for the peer. */
const ownSteps: readonly number[] = Object.freeze([0, 14, 20]);

export class TlsSession extends Session {
  readonly #certificates: StrictCertificates;
  #keyExchangeSigned = false;

  constructor(trustAnchor: Uint8Array, serverName: string) {
    super({ serverName, protocolVersion: tls12, cache: false });
    this.#certificates = new StrictCertificates(trustAnchor, serverName);
    this.certificateManager = this.#certificates;
    this.initiateHandshake();
  }

  /** Goes on with the handshake as far as what arrived allows. True when the peer is verified; throws when it fails. */
  shake(transport: Transport): boolean {
    let ended = false;
    do ended = this.handshake(transport);
    while (!ended && (transport.readable > 0 || ownSteps.includes(this.handshakeProcess)));
    if (ended) this.#admit();
    return ended;
  }

  /** Tells the peer that nothing follows. The SDK's own `close` sends a level that does not exist. */
  notifyClose(transport: Transport): void {
    this.doProtocol(transport, alertProtocol, warning, closeNotify);
  }

  override readPacket(transport: Transport): ArrayBuffer | undefined {
    const packet = super.readPacket(transport);
    if (packet !== undefined && this.serverCipher === null) this.#inspect(new Uint8Array(packet));
    return packet;
  }

  /** Of the messages in the clear, only the peer's key exchange needs a second look. */
  #inspect(record: Uint8Array): void {
    if (record[0] !== handshakeRecord) return;
    for (let at = recordHeaderByteCount; at + 4 <= record.length; at += 4 + messageByteCount(record, at)) {
      if (record[at] !== serverKeyExchange) continue;
      admitKeyExchange(record.subarray(at + 4, at + 4 + messageByteCount(record, at)));
      this.#keyExchangeSigned = true;
    }
  }

  #admit(): void {
    if (this.alert !== undefined) throw new Error('the peer ended the handshake');
    const isWhole =
      this.#certificates.verified &&
      this.#keyExchangeSigned &&
      this.clientCipher !== null &&
      this.serverCipher !== null &&
      this.applicationData === undefined;
    if (!isWhole) throw new Error('the peer did not keep to the handshake');
  }
}

/** type (1), length (3), body */
function messageByteCount(record: Uint8Array, at: number): number {
  return ((record[at + 1] as number) << 16) | ((record[at + 2] as number) << 8) | (record[at + 3] as number);
}

/** curve type (1), curve (2), point length (1), point, hash (1), signature algorithm (1), length (2), signature */
function admitKeyExchange(body: Uint8Array): void {
  const at = 4 + (body[3] ?? 0);
  const [hash, algorithm] = body.subarray(at, at + 2);
  const signature = body.subarray(at + 4);
  const isSigned = hash === sha256 && (algorithm === rsa || (algorithm === ecdsa && isEcdsaSignature(signature)));
  if (!isSigned) throw new Error('the peer did not sign its key as it was asked to');
}
