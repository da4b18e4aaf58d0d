#!/usr/bin/env node
// CommonJS as kontor.cjs is: npm links to both, and docker starts this one by its name.
void import('./launch-credential-helper.mjs')
