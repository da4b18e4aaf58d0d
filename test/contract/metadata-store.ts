import { afterEach, beforeEach, describe } from 'vitest'
import { describeAccessTokens } from './metadata/access-tokens.ts'
import { describeAccounts } from './metadata/accounts.ts'
import { describeAuditEvents } from './metadata/audit-events.ts'
import { describeBlobLinks } from './metadata/blob-links.ts'
import { describeChangeMark } from './metadata/change-mark.ts'
import { describeContentUsage } from './metadata/content-usage.ts'
import { describeCredentials, describeUploadSessions } from './metadata/credentials.ts'
import { describeDamage } from './metadata/damage.ts'
import { describeDurability } from './metadata/durability.ts'
import { describeFormerNames } from './metadata/former-names.ts'
import { describeFormerRepositoryNames } from './metadata/former-repository-names.ts'
import { describeGrants } from './metadata/grants.ts'
import { describeInvitations } from './metadata/invitations.ts'
import { describeManifestSummaries } from './metadata/manifest-summaries.ts'
import { describeManifests } from './metadata/manifests.ts'
import { describeMembers } from './metadata/members.ts'
import { describePageCosts } from './metadata/page-costs.ts'
import { describePulls } from './metadata/pulls.ts'
import { describeReferrers } from './metadata/referrers.ts'
import { describeRepositories } from './metadata/repositories.ts'
import { describeRepositoryDetails } from './metadata/repository-details.ts'
import { describeRights } from './metadata/rights.ts'
import { describeRobots } from './metadata/robots.ts'
import { describeScrubs } from './metadata/scrubs.ts'
import { describeSearchAccounts } from './metadata/search-accounts.ts'
import { describeSearchIndex } from './metadata/search-index.ts'
import { describeStars } from './metadata/stars.ts'
import type { MetadataStoreUnderTest } from './metadata/store-under-test.ts'
import { describeStoredContent } from './metadata/stored-content.ts'
import { describeTagDetails } from './metadata/tag-details.ts'
import { describeTagRestoration } from './metadata/tag-restoration.ts'
import { describeTags } from './metadata/tags.ts'
import { describeTeams } from './metadata/teams.ts'
import { describeVisible } from './metadata/visible.ts'

/** What every metadata store must do, whatever database it keeps things in. */
export function describeMetadataStore(name: string, open: () => Promise<MetadataStoreUnderTest>): void {
  describe(`the ${name} metadata store`, () => {
    let opened: MetadataStoreUnderTest
    const underTest = () => opened

    beforeEach(async () => {
      opened = await open()
    })

    afterEach(() => opened.close())

    describeManifests(underTest)
    describeManifestSummaries(underTest)
    describeTags(underTest)
    describeTagDetails(underTest)
    describeTagRestoration(underTest)
    describePulls(underTest)
    describeReferrers(underTest)
    describeBlobLinks(underTest)
    describeContentUsage(underTest)
    describeStoredContent(underTest)
    describeDamage(underTest)
    describeScrubs(underTest)
    describeRepositories(underTest)
    describeRepositoryDetails(underTest)
    describeStars(underTest)
    describeSearchIndex(underTest)
    describeSearchAccounts(underTest)
    describeAccounts(underTest)
    describeFormerNames(underTest)
    describeFormerRepositoryNames(underTest)
    describeMembers(underTest)
    describeTeams(underTest)
    describeInvitations(underTest)
    describeGrants(underTest)
    describeRights(underTest)
    describeVisible(underTest)
    describeRobots(underTest)
    describeAccessTokens(underTest)
    describeCredentials(underTest)
    describeUploadSessions(underTest)
    describeAuditEvents(underTest)
    describePageCosts(underTest)
    describeChangeMark(underTest)
    describeDurability(underTest)
  })
}
