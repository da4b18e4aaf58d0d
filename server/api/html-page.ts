import { createHash } from 'node:crypto'
import type { Response } from 'express'
import { html, type Markup } from './markup.ts'
import { PAGE_STYLE } from './page-style.ts'

const STYLE_HASH = createHash('sha256').update(PAGE_STYLE).digest('base64')

/** No scripts, no other files, and no style but our own, by its hash (S21, S23). */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** Sends a page of HTML, whole: it needs nothing else. */
export function sendPage(response: Response, { title, body }: { readonly title: string; readonly body: Markup }): void {
  // The style element's text must be, to the letter, what the policy has the hash of.
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: PAGE_STYLE }}</style>
</head>
<body>
${body}
</body>
</html>
`
  response.set('Content-Security-Policy', POLICY).type('html').send(page.markup)
}
