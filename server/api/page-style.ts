/** How pages look: in the page itself, so that it needs no other file. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --back: #fff; --raised: #f6f7f9; --line: #d9dee5; --text: #1b2330; --quiet: #566173; --link: #0b5cad;
  --get: #0b5cad; --post: #17693a; --put: #8a4b00; --patch: #8a4b00; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #11151c; --raised: #1a202a; --line: #323b4a; --text: #e4e8ee; --quiet: #a3aebd; --link: #7cb8ff;
    --get: #7cb8ff; --post: #6fd195; --put: #f0b35e; --patch: #f0b35e; --delete: #ff9a92;
  }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, sans-serif }
a { color: var(--link) }
code, pre { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere }
pre { padding: .8rem 1rem; overflow-x: auto; overflow-wrap: normal; background: var(--raised);
  border: 1px solid var(--line); border-radius: .4rem }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem; background: var(--back) }
.page { max-width: 76rem; margin: auto; padding: 0 1.25rem 4rem }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .6rem 0 0; padding: 0; list-style: none }
nav a { text-decoration: none }
nav a:hover { text-decoration: underline }
main.letter { max-width: 44rem; margin: auto; padding: 0 1.25rem 4rem }
blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: 3px solid var(--line) }
@media (min-width: 60rem) {
  .page { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 0 3rem }
  header, footer { grid-column: 2 }
  nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow-y: auto }
  nav ul { display: block; margin: 0 }
  nav li { padding: .15rem 0 }
}
h1 { margin: 2rem 0 0; font-size: 1.9rem; line-height: 1.2 }
h1 small, footer, .quiet { color: var(--quiet); font-weight: normal; font-size: .9rem }
h2 { margin: 3rem 0 1rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); font-size: 1.35rem }
h3 { margin: 0; font-size: 1rem; font-weight: 600 }
h3 a { color: inherit; text-decoration: none }
h3 a:hover { text-decoration: underline }
h4 { margin: 1rem 0 .3rem; font-size: .8rem; letter-spacing: .04em; text-transform: uppercase; color: var(--quiet) }
article { margin: 0 0 1rem; padding: 1rem 1.2rem; border: 1px solid var(--line); border-radius: .5rem }
article:target { border-color: var(--link); box-shadow: 0 0 0 1px var(--link) }
article p { margin: .35rem 0 0 }
.method { display: inline-block; min-width: 4.2rem; font: 700 .85rem ui-monospace, Menlo, Consolas, monospace }
.get { color: var(--get) } .post { color: var(--post) } .put { color: var(--put) }
.patch { color: var(--patch) } .delete { color: var(--delete) }
.fields { margin: .3rem 0 0; padding: 0 }
.fields > div { padding: .35rem 0; border-top: 1px solid var(--line) }
.fields > div:first-child { border-top: 0 }
dt span, dd > span { color: var(--quiet); font-size: .9rem }
dt span { margin-left: .35rem }
dd { margin: 0; font-size: .95rem }
dd .fields { margin-left: .3rem; padding-left: .9rem; border-left: 2px solid var(--line) }
`
