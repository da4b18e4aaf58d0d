import type { Origin } from '../../storage/metadata/audit-events.ts'
import { type Credential, subjectName } from '../access/credential.ts'

/** Who asks for a use case, and from where. */
export interface Caller {
  readonly credential: Credential
  /** The client's IP address. */
  readonly address: string
  readonly requestId: string
}

/** The caller as the author of a change. */
export function originOf({ credential, address, requestId }: Caller): Origin {
  const { subject, proof } = credential
  return {
    accountId: subject.kind === 'anonymous' ? undefined : subject.account.id,
    accountName: subjectName(subject),
    credential: proof,
    address,
    requestId,
  }
}
