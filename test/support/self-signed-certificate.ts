import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate that signs itself, with its key; both PEM. */
export interface SelfSignedCertificate {
  readonly cert: string
  readonly key: string
}

/**
 * Makes a certificate for `localhost` and `127.0.0.1` with nothing but Node, so that the tests in `npm test` need no
 * openssl on the machine. Valid for an hour on both sides of now unless told otherwise.
 */
export function createSelfSignedCertificate(validity: { from?: Date; to?: Date } = {}): SelfSignedCertificate {
  const { from = hoursFromNow(-1), to = hoursFromNow(1) } = validity
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = certificateBody(publicKey, from, to)
  const certificate = sequence(body, ECDSA_WITH_SHA256, bitString(sign('sha256', body, privateKey)))
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function hoursFromNow(hours: number): Date {
  return new Date(Date.now() + hours * 3_600_000)
}

// What follows is DER (ITU-T X.690), as much of it as RFC 5280 §4.1 needs for one certificate.

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('2a8648ce3d040302'))

function certificateBody(publicKey: KeyObject, from: Date, to: Date): Buffer {
  const version3 = tagged(0xa0, integer(Buffer.of(2)))
  const serialNumber = integer(Buffer.concat([Buffer.of(1), randomBytes(8)]))
  const name = sequence(tagged(0x31, sequence(objectIdentifier('550403'), tagged(0x0c, Buffer.from('localhost')))))
  const validity = sequence(generalizedTime(from), generalizedTime(to))
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const names = sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.of(127, 0, 0, 1)))
  const subjectAltName = sequence(objectIdentifier('551d11'), tagged(0x04, names))
  const extensions = tagged(0xa3, sequence(subjectAltName))
  return sequence(version3, serialNumber, ECDSA_WITH_SHA256, name, validity, name, key, extensions)
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}

function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(items))
}

function integer(bytes: Buffer): Buffer {
  return tagged(0x02, bytes)
}

function objectIdentifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'))
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(0), bytes]))
}

function generalizedTime(date: Date): Buffer {
  return tagged(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')))
}
