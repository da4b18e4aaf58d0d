import type { Request } from 'express'
import type { Invitation } from '../../storage/metadata/invitations.ts'
import type { AcceptInvitation } from '../accounts/accept-invitation.ts'
import type { Page } from './app.ts'
import { sendPage } from './html-page.ts'
import { html, type Markup } from './markup.ts'

/**
 * `/invitation?token=`: what the link of an invitation leads to. It only tells how to accept: scanners of mail and chats
 * that preview links fetch it too.
 */
export function createInvitationPage(deps: { readonly acceptInvitation: Pick<AcceptInvitation, 'find'> }): Page {
  const { acceptInvitation } = deps
  return {
    path: '/invitation',
    name: 'invitation',
    access: { kind: 'public' },
    async handle(response, request, { origin }) {
      const token = tokenOf(request)
      const invitation = await acceptInvitation.find(token)
      // Whatever is linked from here one day must not learn the token.
      response.set('Referrer-Policy', 'no-referrer')
      if (invitation === undefined) sendPage(response.status(404), UNKNOWN)
      else sendPage(response, describe(invitation, token, origin))
    },
  }
}

interface Content {
  readonly title: string
  readonly body: Markup
}

const UNKNOWN = letter(
  'This invitation cannot be accepted',
  html`<p>It is mistyped, used up, withdrawn or expired, or whoever sent it may not invite any more. Ask for a new one.</p>`,
)

function tokenOf({ query }: Request): string {
  const token = query['token']
  return typeof token === 'string' ? token : ''
}

function describe({ organization, note, invitedBy, expiresAt }: Invitation, token: string, origin: string): Content {
  const place = organization?.name ?? origin.slice(origin.indexOf('://') + 3)
  const offer =
    organization === undefined
      ? 'an account on this registry'
      : `a place in the organization ${organization.name}, as ${organization.role}`
  const url = `${origin}/api/v1/invitations/accept`
  const newAccount = { token, username: 'NAME', password: 'PASSWORD' }
  return letter(
    `You are invited to ${place}`,
    html`<p>${invitedBy.name} offers you ${offer}.</p>
${note === undefined ? '' : html`<blockquote><p>${note}</p></blockquote>`}
<p>The invitation is for one person and good until ${new Date(expiresAt).toUTCString()}.</p>
<h2>Without an account here</h2>
<p>Choose a name and a password of at least 8 characters, put them in, and run:</p>
<pre tabindex="0"><code>${curl(url, newAccount)}</code></pre>
${
  // Somebody who is there has nothing to gain from an invitation that makes an account.
  organization === undefined
    ? ''
    : html`<h2>With an account here</h2>
<p>Put in your name, and run this; it asks for your password:</p>
<pre tabindex="0"><code>${curl(url, { token }, '--user NAME')}</code></pre>`
}`,
  )
}

function letter(title: string, text: Markup): Content {
  return { title, body: html`<main class="letter"><h1>${title}</h1>\n${text}\n</main>` }
}

/** A command for a shell; what is quoted holds no quotes: the token and the URL have been checked by whoever read them. */
function curl(url: string, body: Readonly<Record<string, string>>, ...options: readonly string[]): string {
  const json = JSON.stringify(body)
  const parts = ['curl', ...options, "--header 'Content-Type: application/json'", `--data '${json}'`, `'${url}'`]
  return parts.join(' \\\n  ')
}
