import type { Origin } from '../../storage/metadata/audit-events.ts'
import { type Credential, type Proof, subjectName } from './credential.ts'

/** Who asks for a use case, and from where. */
export interface Caller {
  readonly credential: Credential
  /** The client's IP address. */
  readonly address: string
  readonly requestId: string
}

/** The server itself as the author of a change: at its first start, and in what it does by itself. */
export const SYSTEM: Origin = {
  accountId: undefined,
  accountName: 'kontor',
  credential: 'system',
  address: '',
  requestId: '',
}

/** The caller as the author of a change. */
export function originOf({ credential, address, requestId }: Caller): Origin {
  const { subject, proof } = credential
  return {
    accountId: subject.kind === 'user' ? subject.account.id : undefined,
    accountName: subjectName(subject),
    credential: describeProof(proof),
    address,
    requestId,
  }
}

/** Names a secret by its identity, by which its owner finds it in the list and revokes it. */
function describeProof(proof: Proof): string {
  return 'id' in proof ? `${proof.kind} ${proof.id}` : proof.kind
}
