/**
 * What hal/esp32 uses of the Moddable SDK and @moddable/typings does not describe, as the SDK's sources have it. Members
 * that are not used here are left out.
 */

/// <reference types="@moddable/typings/timer.d.ts" />
/// <reference types="@moddable/typings/time.d.ts" />
/// <reference types="@moddable/typings/modules.d.ts" />
/// <reference types="@moddable/typings/embedded_io/_common.d.ts" />
/// <reference types="@moddable/typings/embedded_io/analog.d.ts" />
/// <reference types="@moddable/typings/embedded_io/digital.d.ts" />
/// <reference types="@moddable/typings/embedded_io/i2c.d.ts" />
/// <reference types="@moddable/typings/embedded_io/smbus.d.ts" />
/// <reference types="@moddable/typings/embedded_io/spi.d.ts" />
/// <reference types="@moddable/typings/embedded_io/socket/tcp.d.ts" />
/// <reference types="@moddable/typings/embedded_io/socket/udp.d.ts" />

/** Prints to the debugger. In a release build it does nothing. */
declare function trace(...text: string[]): void;

/** The SDK's own extension, set by its module "system". */
declare const System: {
  /** Answers in a later turn; `address` is `undefined` when the name has none. Takes addresses too. */
  resolve(name: string, callback: (name: string, address: string | undefined) => void): void;
};

/** Adds `microseconds` to Time. */
declare module 'microseconds' {}

declare module 'resetReason' {
  export default function getResetReason(): { readonly reason: number };
}

declare module 'embedded:storage/flash' {
  interface Partition {
    read(buffer: Uint8Array, offset: number): void;
    write(buffer: Uint8Array, offset: number): void;
    eraseBlock(start: number, end: number): void;
    status(): { readonly size: number; readonly blockLength: number; readonly blocks: number };
    close(): void;
  }
  const FlashStorage: { open(options: { path: string; mode?: 'r' | 'r+' }): Partition };

  export type { Partition };
  export default FlashStorage;
}

declare module 'embedded:storage/key-value' {
  interface Domain<Value> {
    /** Throws when the stored value has another format. */
    read(key: string): Value | undefined;
    write(key: string, value: Value): void;
    delete(key: string): void;
    close(): void;
  }
  const KeyValueStorage: {
    open(options: { path: string; mode?: 'r' | 'r+'; format: 'string' }): Domain<string>;
    open(options: { path: string; mode?: 'r' | 'r+'; format: 'buffer' }): Domain<ArrayBuffer>;
  };

  export type { Domain };
  export default KeyValueStorage;
}

declare module 'embedded:network/interface/wifi' {
  export default class WiFi {
    constructor(options: { onChanged(property: 'connection' | 'address'): void });
    connect(options: { SSID: string; password?: string }): void;
    disconnect(): void;
    /** 200 idle, 300 connecting, 400 associated, 500 addresses held. */
    readonly connection: number;
    readonly address: string | undefined;
    /** "aa:bb:cc:dd:ee:ff" */
    readonly MAC: string | undefined;
  }
}

declare module 'ssl/session' {
  import type CertificateManager from 'ssl/cert';
  import type { CipherSuite } from 'ssl/ciphersuites';

  /** What a session reads from and writes to. It keeps the two counts up to date itself. */
  export interface Transport {
    readable: number;
    writable: number;
    /** Fills `buffer`, which is never larger than `readable`. */
    read(buffer: Uint8Array): void;
    /** Takes all of `packet` and returns the new `writable`. */
    write(packet: Uint8Array): number;
  }

  export default class Session {
    constructor(options: { serverName: string; protocolVersion: number; cache: boolean });
    initiateHandshake(): void;
    /** One step; true when the handshake has ended, well or by an alert. */
    handshake(transport: Transport): boolean;
    /** One record's data, `null` when the peer closed the session. */
    read(transport: Transport): Uint8Array | undefined | null;
    write(transport: Transport, data: Uint8Array): number;
    /** Sends one message of a protocol. */
    doProtocol(transport: Transport, protocol: object, level: number, description: number): void;
    /** One whole record, its five bytes of header included, or nothing yet. */
    readPacket(transport: Transport): ArrayBuffer | undefined;
    /** The step due: 0 hello, 14 answer to the server's hello, 20 end; others wait for the peer. */
    handshakeProcess: number;
    certificateManager: CertificateManager;
    alert: object | undefined;
    /** Data that came in a record and was not read yet. */
    applicationData: object | undefined;
    clientCipher: object | null;
    serverCipher: object | null;
    chosenCipher: CipherSuite | undefined;
  }
}

declare module 'ssl/alert' {
  const alert: object;
  export default alert;
}

declare module 'ssl/cert' {
  export default class CertificateManager {
    constructor(options: object);
    /** Called with the chain that the peer sent, its own certificate first. */
    verify(chain: readonly Uint8Array[], options: object): boolean;
  }
}

declare module 'ssl/ciphersuites' {
  export interface CipherSuite {
    readonly value: readonly [number, number];
    readonly isExportable: boolean;
    readonly keyExchangeAlgorithm: number;
    readonly cipherAlgorithm: number;
    readonly cipherKeySize: number;
    readonly cipherBlockSize: number;
    readonly hashAlgorithm: number;
    readonly hashSize: number;
    readonly encryptionMode: number;
    readonly ivSize: number;
    readonly saltSize: number;
  }
}

declare module 'ssl/constants' {
  export const ECDHE_RSA: number;
  export const AES: number;
  export const SHA256: number;
  export const GCM: number;
}

declare module 'x509' {
  export interface PublicKey {
    readonly modulus?: bigint;
    readonly exponent?: bigint;
    readonly curve?: object;
    readonly pub?: object;
  }
  const X509: {
    decode(certificate: Uint8Array): {
      readonly tbs: Uint8Array;
      readonly algo: { toString(): string };
      readonly sig: Uint8Array;
      readonly spki: PublicKey;
    };
    decodeTBS(tbs: Uint8Array): {
      readonly validity: { readonly from: number; readonly to: number };
      /** The names as they are encoded. */
      readonly issuer: Uint8Array;
      readonly subject: Uint8Array;
    };
    decodeSAN(
      certificate: Uint8Array,
    ): readonly { readonly tag: number; readonly value: string | ArrayBuffer }[] | undefined;
    /** The encoded value of an extension. */
    decodeExtension(certificate: Uint8Array, identifier: readonly number[]): ArrayBuffer | undefined;
  };
  export default X509;
}

declare module 'crypt' {
  export class Digest {
    constructor(algorithm: string);
    process(...data: Uint8Array[]): ArrayBuffer;
  }
}

declare module 'ber' {
  export default class BER {
    constructor(buffer: ArrayBuffer | Uint8Array);
    getSequence(): Uint8Array;
    getInteger(): bigint;
  }
}

declare module 'pkcs1_5' {
  import type { PublicKey } from 'x509';
  export default class PKCS1_5 {
    constructor(key: PublicKey, isPrivate: boolean, identifier: readonly number[]);
    verify(digest: ArrayBuffer, signature: Uint8Array): boolean;
  }
}

declare module 'ecdsa' {
  export default class ECDSA {
    constructor(key: object, curve: object, isPrivate: boolean);
    /** `asn1`: the signature is encoded as a certificate has it. */
    verify(digest: ArrayBuffer, signature: Uint8Array, asn1: boolean): boolean;
  }
}
