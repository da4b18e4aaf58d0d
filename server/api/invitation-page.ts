import type { Request } from 'express'
import type { Invitation } from '../../storage/metadata/invitations.ts'
import type { AcceptInvitation } from '../accounts/accept-invitation.ts'
import type { Page } from './app.ts'

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
      response.set('Referrer-Policy', 'no-referrer').type('html')
      if (invitation === undefined) response.status(404).send(render(UNKNOWN))
      else response.send(render(describe(invitation, token, origin)))
    },
  }
}

/** A page: its title, and below it what is HTML already. */
interface Content {
  readonly title: string
  readonly html: string
}

const UNKNOWN: Content = {
  title: 'This invitation cannot be accepted',
  html: `<p>It is mistyped, used up, withdrawn or expired, or whoever sent it may not invite any more. Ask for a new one.</p>`,
}

function tokenOf({ query }: Request): string {
  const token = query['token']
  return typeof token === 'string' ? token : ''
}

function describe({ organization, note, invitedBy, expiresAt }: Invitation, token: string, origin: string): Content {
  const place = organization?.name ?? new URL(origin).host
  const offer =
    organization === undefined
      ? 'an account on this registry'
      : `a place in the organization ${organization.name}, as ${organization.role}`
  const url = `${origin}/api/v1/invitations/accept`
  const newAccount = { token, username: 'NAME', password: 'PASSWORD' }
  const paragraphs = [
    `<p>${escapeHtml(invitedBy.name)} offers you ${escapeHtml(offer)}.</p>`,
    ...(note === undefined ? [] : [`<blockquote>${escapeHtml(note)}</blockquote>`]),
    `<p>The invitation is for one person and good until ${new Date(expiresAt).toUTCString()}.</p>`,
    '<h2>Without an account here</h2>',
    '<p>Choose a name and a password of at least 8 characters, put them in, and run:</p>',
    `<pre>${escapeHtml(curl(url, newAccount))}</pre>`,
    // Somebody who is there has nothing to gain from an invitation that makes an account.
    ...(organization === undefined
      ? []
      : [
          '<h2>With an account here</h2>',
          '<p>Put in your name, and run this; it asks for your password:</p>',
          `<pre>${escapeHtml(curl(url, { token }, '--user NAME '))}</pre>`,
        ]),
  ]
  return { title: `You are invited to ${place}`, html: paragraphs.join('\n') }
}

/** A command for a shell; what is quoted holds no quotes: the token and the URL have been checked by whoever read them. */
function curl(url: string, body: Readonly<Record<string, string>>, options = ''): string {
  return `curl ${options}--header 'Content-Type: application/json' --data '${JSON.stringify(body)}' '${url}'`
}

function render({ title, html }: Content): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${html}
</body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
